"""What stands in the database that the browser meets: everything that can happen, and cases to work on."""

from dataclasses import dataclass

from domain.flags import flag_id
from domain.money import kr
from domain.words import Command
from service.app import Teten
from service.database import connected
from service.people.sealing import fingerprint
from tests import examples
from tests.everything import EVERYTHING
from tests.examples_flags import evidence, raise_flag
from tests.examples_reminders import LADDER
from tests.service.stored import store
from tests.service.test_overdocumented import enter

EVERYTHING_IN, WORKED_IN = "NP", "ZP"  # Programmes: one to look at, one in which forms are sent.
CASE = "Z-1"
BORN = "1990-01-01"
CPR = "610190-1001"
FLAGS = ("dismissed", "upheld", "assigned", "muted", "by keyboard", "for looks")
RULE = "round-sums"


@dataclass(frozen=True)
class Installation:
    """`link`: the path by which the citizen of `CASE` gets in."""

    link: str

    @staticmethod
    def flag(key: str) -> str:
        return flag_id(RULE, 1, key)


def installed(teten: Teten) -> Installation:
    with connected(teten.url) as connection:
        store(connection, EVERYTHING.log)
    enter(teten, *(_there(each) for each in _worked_in(teten)))
    teten.rows.catch_up()
    citizen = teten.vault.pseudonym(CPR)
    assert citizen
    return Installation(f"/min-sag/{teten.links.make(CASE, citizen, 'kons-1')}")


def _worked_in(teten: Teten) -> list[Command]:
    """Three lines are granted and two are paid; for neither has a receipt come. Rules ask questions."""
    citizen = teten.vault.citizen(CPR, {"name": "Anna Ærlig"})
    return [
        examples.establish(terms=examples.terms(ladder=LADDER)),
        examples.register(citizen=citizen),
        examples.offer(),
        examples.accept_offer(),
        examples.submit(),
        examples.assess(),
        *examples.APPROVE_ALL,
        *examples.payment("Z-T1", kr(4_000)),
        *examples.payment("Z-T2", kr(3_000), line_no=2),
        examples.hand_in(ref="Z-K1", sha256=fingerprint(b"Z-K1")),
        *(raise_flag(key=key, evidence=(evidence(case_no=CASE, ref="Z-K1"),)) for key in FLAGS),
    ]


def _there(command: Command) -> Command:
    there = {"programme": WORKED_IN, "case_no": CASE}
    fields = type(command).model_fields
    return command.model_copy(update={k: v for k, v in there.items() if k in fields})
