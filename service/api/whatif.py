"""What other rules would have saved, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from domain.programme import Route
from service.access.guard import Allowed
from service.api.following import Following
from service.api.parts import ProgrammeQuery
from service.parts import TheParts
from service.whatif import NO_LIMIT, RulesAsked, as_data

Limit = Annotated[
    str | None, Query(max_length=20, description="`10000.00`, or `none`: no such limit.")
]
router = APIRouter(prefix="/v1", tags=["what if"])


@router.get("/whatif", dependencies=[Depends(Allowed("read_whatif")), Following])
def whatif(
    parts: TheParts,
    tranche_max: Limit = None,
    undocumented_limit: Limit = None,
    receipt_deadline_days: Annotated[int | None, Query(ge=0, le=36_500)] = None,
    receipts_first: bool | None = None,  # noqa: FBT001 - it is a query
    routes: Annotated[list[Route] | None, Query()] = None,
    programme: ProgrammeQuery = None,
) -> dict[str, Any]:
    """All history replayed under other rules. A rule that isn't named stays as it was."""
    given: dict[str, Any] = {
        "tranche_max": tranche_max,
        "undocumented_limit": undocumented_limit,
        "receipt_deadline_days": receipt_deadline_days,
        "receipts_first": receipts_first,
        "routes": routes,
    }
    try:
        asked = RulesAsked.model_validate(
            {
                name: None if value == NO_LIMIT else value
                for name, value in given.items()
                if value is not None
            }
        )
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    return as_data(parts.answers.answered(programme, asked))
