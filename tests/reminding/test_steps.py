"""The steps that are due on a day: taken once, in order, by the service, the command line or nobody."""

from domain.case.line import Step
from tests.reminding.conftest import FIRST_DAY, Reminding
from tests.shell import Shell

FIRST = {
    "programme": "TT",
    "case": "T-1",
    "line": "1",
    "tranche": "R-1",
    "step": "reminded",
    "amount": "250.00",
    "due_on": "2019-03-29",
}


def test_each_day_brings_what_is_due_on_it_and_a_second_look_brings_nothing(
    reminding: Reminding,
) -> None:
    [refused] = reminding.teten.reminders.take(FIRST_DAY, by="fin-1")
    assert refused.refused == "forbidden"
    assert reminding.takes(0, 0, 13) == [Step.REMINDED]
    # The case is closed: there is nothing to hold.
    assert reminding.takes(14, 27, 28, 46, 99) == [
        *(Step.REMINDED, Step.TOLD, Step.CLAIM_PROPOSED),
    ]


def test_the_command_line_says_what_is_due_and_takes_it_once(reminding: Reminding) -> None:
    shell = Shell(reminding.teten.settings)
    on = ("--on", str(FIRST_DAY))
    due = {"steps": [FIRST], "refused": []}
    assert shell.data("remind", "--on", "2190-01-01", "--dry-run") == {"dry_run": True, **due}
    assert shell.data("remind", *on) == {"dry_run": False, **due}


def test_what_nobody_has_looked_at_for_long_comes_step_by_step_all_the_same(
    reminding: Reminding,
) -> None:
    assert reminding.takes(900, 900, 901) == [Step.REMINDED]
