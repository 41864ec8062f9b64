"""What other rules would have saved, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from domain.money import PositiveMoney
from domain.programme import Route
from service.api.parts import ProgrammeQuery, TheParts
from service.whatif import RulesAsked, answered, as_data

router = APIRouter(prefix="/v1", tags=["what if"])


@router.get("/whatif")
def whatif(
    parts: TheParts,
    tranche_max: PositiveMoney | None = None,
    undocumented_limit: PositiveMoney | None = None,
    receipt_deadline_days: Annotated[int | None, Query(ge=0, le=36_500)] = None,
    receipts_first: bool | None = None,  # noqa: FBT001 - it is a query
    routes: Annotated[list[Route] | None, Query()] = None,
    programme: ProgrammeQuery = None,
) -> dict[str, Any]:
    """All history replayed under other rules. A rule that isn't named stays as it was."""
    given = {
        "tranche_max": tranche_max,
        "undocumented_limit": undocumented_limit,
        "receipt_deadline_days": receipt_deadline_days,
        "receipts_first": receipts_first,
        "routes": tuple(routes) if routes else None,
    }
    asked = RulesAsked(**{name: value for name, value in given.items() if value is not None})
    return as_data(answered(parts.teten, programme, asked))
