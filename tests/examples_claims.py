"""Good examples of claims that go by a hearing, in a programme that has one."""

from datetime import date, timedelta

from domain.case.appeals import LodgeAppeal, OrderRefund, RejectAppeal, UpholdAppeal
from domain.case.claims import AnswerHearing, DecideClaim, DropClaim, OpenHearing, RaiseClaim
from domain.case.recovery import AgreeInstalments, Instalment, SetOffClaim
from domain.money import Money, kr
from domain.remittance import ReceiveStatement
from domain.words import Command
from tests.examples import (
    CONTROLS_LINE,
    ON_LINE,
    WORDS,
    accept_offer,
    approve_line,
    assess,
    course,
    debit,
    example,
    granted_under,
    handed_back,
    offer,
    payment,
    receive,
    register,
    returned_payment,
    submit,
    write_off,
)
from tests.scenario import DAY

HEARING_DAYS = 14
DEADLINE = DAY + timedelta(days=HEARING_DAYS)
AFTER = DEADLINE + timedelta(days=1)
RAISER, DECIDER = "fin-1", "both-1"
BY_DECIDER = CONTROLS_LINE | {"by": DECIDER, "ref": "R-1"}
ON_CLAIM = ON_LINE | {"ref": "R-1"}
BY_RAISER = CONTROLS_LINE | {"ref": "R-1"}

raise_claim = example(
    RaiseClaim, **BY_RAISER, amount=kr(1_500), kind="private_consumption", words=WORDS
)
open_hearing = example(OpenHearing, **ON_CLAIM, deadline=DEADLINE)
answer_hearing = example(AnswerHearing, **ON_CLAIM, words=WORDS)
decide_claim = example(DecideClaim, **BY_DECIDER, amount=kr(1_500), reason=WORDS)
drop_claim = example(DropClaim, **BY_RAISER)
agree_instalments = example(AgreeInstalments, **ON_CLAIM)
set_off = example(SetOffClaim, **BY_RAISER, amount=kr(300), against="YDELSE-7")
write_off_claim = example(write_off, by=DECIDER, claim="R-1")
lodge_appeal = example(LodgeAppeal, **ON_CLAIM, words=WORDS)
reject_appeal = example(RejectAppeal, **BY_RAISER, reason=WORDS)
uphold_appeal = example(UpholdAppeal, **BY_RAISER, amount=kr(500), reason=WORDS)
order_refund = example(OrderRefund, **BY_DECIDER)


def instalments(*plan: tuple[date, Money]) -> tuple[Instalment, ...]:
    return tuple(Instalment(due=due, amount=amount) for due, amount in plan)


def repay(amount: Money, statement: str = "S-R", line: str = "A-1/1") -> ReceiveStatement:
    entry = handed_back(amount=amount, hands_back=f"REPAY {line}", entry=f"E-{statement}")
    return receive(entry, statement=statement)


def refund(amount: Money, statement: str = "S-F", ref: str = "R-1") -> ReceiveStatement:
    entry = debit(amount=amount, end_to_end_id=ref, entry=f"E-{statement}")
    return receive(entry, statement=statement)


def refund_returned(amount: Money, statement: str = "S-G", ref: str = "R-1") -> ReceiveStatement:
    entry = returned_payment(amount=amount, end_to_end_id=ref, entry=f"E-{statement}")
    return receive(entry, statement=statement)


# Stories -----------------------------------------------------------------------------------------

PAID = granted_under(hearing_days=HEARING_DAYS).does(*payment())  # Line 1: 5,000 kr.
RAISED = PAID.does(raise_claim())
HEARING = RAISED.does(open_hearing())
ANSWERED = HEARING.does(answer_hearing())
DECIDED = ANSWERED.does(decide_claim())
APPEALED = DECIDED.does(lodge_appeal())
OVERPAID = DECIDED.does(repay(kr(1_500)), lodge_appeal(), uphold_appeal())  # By 1,000 kr.


def claimed_and_appealed() -> list[Command]:
    """All that can happen to claims, in a programme of its own beside the other."""
    one, other = {"line_no": 1, "ref": "R-1"}, {"line_no": 1, "ref": "R-2"}
    steps: list[Command] = [
        register(),
        offer(),
        accept_offer(),
        submit(lines=(course(),)),
        assess(),
        approve_line(),
        *payment("T-9"),
        raise_claim(**one),
        open_hearing(**one),
        answer_hearing(**one),
        decide_claim(**one),
        agree_instalments(**one, instalments=instalments((AFTER, kr(1_500)))),
        set_off(**one),
        repay(kr(700), line="D-1/1"),
        write_off_claim(),
        lodge_appeal(**one),
        reject_appeal(**one),
        repay(kr(100), "S-R2", line="D-1/1"),
        lodge_appeal(**one),
        uphold_appeal(**one),
        order_refund(**one),
        refund(kr(600)),
        refund_returned(kr(600)),
        raise_claim(**other),
        drop_claim(**other),
    ]
    there = {"programme": "HP", "case_no": "D-1"}
    return [
        step.model_copy(update={k: v for k, v in there.items() if k in type(step).model_fields})
        for step in steps
    ]


# Everything that can happen, claims that go by a hearing among it.
