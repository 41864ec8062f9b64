"""What if: which other rules are asked about, and the answer from the whole log."""

import json
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from domain.money import PositiveMoney
from domain.programme import Route
from projections.whatif.answer import Answer, answer
from projections.whatif.payments import history
from projections.whatif.rules import OtherRules
from service.app import Teten
from service.importing.reading import BrokenData, Problem, reasons
from service.report import chosen

NO_LIMIT = "none"
KEPT = 4  # Answers. One of 100,000 events takes a few MB.


class Busy(Exception):
    """Another question is being reckoned on: each takes a core for seconds."""

    def __init__(self) -> None:
        super().__init__("Another question of other rules is being reckoned on. Ask again shortly.")
        self.danish = (
            "Et andet spørgsmål om andre regler er ved at blive beregnet. Spørg igen om lidt."
        )


class RulesAsked(BaseModel):
    """The rules of payout in a programme.json, or any of them. What isn't there stays as it was; `null`
    means no such limit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tranche_max: PositiveMoney | None = None
    undocumented_limit: PositiveMoney | None = None
    receipt_deadline_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    routes: Annotated[tuple[Route, ...], Field(min_length=1)] = (Route.ACCOUNT,)
    receipts_first: bool = False

    @field_validator("routes")
    @classmethod
    def _to_somebody(cls, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        """What can't be invoiced must still go somewhere: it stays an advance."""
        if set(routes) == {Route.EAN}:
            raise PydanticCustomError(
                "routes",
                "ean alene går ikke: account eller card/ean alone won't do: account or card",
            )
        return routes

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


class Answers:
    """For who may be asked by many: one is reckoned at a time, and the latest are kept, each with the head
    of the log that it was asked at."""

    def __init__(self, teten: Teten) -> None:
        self._teten = teten
        self._kept: OrderedDict[tuple[int, str, str], Answer] = OrderedDict()
        self._keeping, self._reckoning = Lock(), Lock()

    def answered(self, programme: str | None, rules: RulesAsked) -> Answer:
        """UnknownProgramme, or Busy."""
        with self._teten.rows.snapshot() as snapshot:
            name = chosen(snapshot, programme).programme
        key = self._teten.log.head(), name, rules.model_dump_json(exclude_unset=True)
        if found := self._latest(key):
            return found
        if not self._reckoning.acquire(blocking=False):
            raise Busy
        try:
            found = answered(self._teten, name, rules)
        finally:
            self._reckoning.release()
        with self._keeping:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def _latest(self, key: tuple[int, str, str]) -> Answer | None:
        with self._keeping:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)


def as_data(found: Answer) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(found.model_dump_json())
    return data
