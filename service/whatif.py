"""What if: which other rules are asked about, and the answer from the whole log."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.money import PositiveMoney
from domain.programme import Route
from projections.whatif.answer import Answer, answer
from projections.whatif.payments import history
from projections.whatif.rules import OtherRules
from service.app import Teten
from service.importing.reading import BrokenData, Problem, reasons
from service.report import chosen

NO_LIMIT = "none"


class RulesAsked(BaseModel):
    """The rules of payout in a programme.json, or any of them. What isn't there stays as it was; `null`
    means no such limit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tranche_max: PositiveMoney | None = None
    undocumented_limit: PositiveMoney | None = None
    receipt_deadline_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    routes: Annotated[tuple[Route, ...], Field(min_length=1)] = (Route.ACCOUNT,)
    receipts_first: bool = False

    def others(self) -> OtherRules:
        given = self.model_fields_set - {"receipts_first"}
        changes = {name: getattr(self, name) for name in type(self).model_fields if name in given}
        return OtherRules(changes, receipts_first=self.receipts_first)


def read_rules(place: Path) -> RulesAsked:
    """From a file of rules, or from the programme.json of a data set. BrokenData: it can't be read."""
    file = place / "programme.json" if place.is_dir() else place
    try:
        rules = RulesAsked.model_validate_json(file.read_text("utf-8-sig"))
    except ValidationError as error:
        raise BrokenData([Problem(file.name, None, *each) for each in reasons(error)]) from error
    except UnicodeDecodeError as error:
        raise BrokenData([Problem(file.name, None, None, "er ikke/is not UTF-8")]) from error
    if not rules.model_fields_set:
        what = "ingen af reglerne/none of the rules: " + ", ".join(RulesAsked.model_fields)
        raise BrokenData([Problem(file.name, None, None, what)])
    return rules


def answered(teten: Teten, programme: str | None, rules: RulesAsked) -> Answer:
    """UnknownProgramme. Reads the whole log."""
    with teten.rows.snapshot() as snapshot:
        name = chosen(snapshot, programme).programme
    return answer(history(teten.log.everything(), name), rules.others())


def as_data(found: Answer) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(found.model_dump_json())
    return data
