"""The raiser of a running service: one rule or one programme that fails keeps no other from being asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from projections.flags.rule import Hit, Parameters, Rule
from projections.flags.view import Facts
from service import beside
from service.app import Teten
from service.flags import raiser
from service.flags.raiser import Raiser
from service.flags.raising import Raised, raise_due
from tests import examples
from tests.review.conftest import LARGE
from tests.review.test_raising import raised
from tests.service.test_overdocumented import enter
from tests.service.test_serve import wait_until


def _broken(_: Facts, __: Parameters) -> Iterator[Hit]:
    raise ZeroDivisionError


def test_a_rule_or_a_programme_that_fails_keeps_no_other_from_raising_and_is_tried_again(
    paid: Teten, rules: dict[str, Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(raiser, "REST", 0)
    enter(paid, examples.establish(programme="AA"))
    paid.rows.catch_up()
    rules["broken"] = replace(LARGE, id="broken", search=_broken)
    rules["latest"] = replace(LARGE, id="latest", parameters={"at_least": 1_600})

    def breaks_in_one(teten: Teten, programme: str, as_of: date) -> Raised:
        if programme == "AA":
            raise KeyError
        return raise_due(teten, programme, as_of)

    with monkeypatch.context() as defect:
        defect.setattr(raiser, "raise_due", breaks_in_one)
        running = Raiser(paid)
        running.start()
        try:
            wait_until(lambda: any(each.rule == "latest" for each in raised(paid)))
            wait_until(lambda: set(running.troubles) == {"programme AA", "rule broken of NP"})
            defect.undo()
            del rules["broken"]
            wait_until(lambda: running.troubles == {})
        finally:
            running.stop()
