"""A story in which everything happens, and from it one of every event."""

from datetime import date

from domain.case.forgetting import LastDay
from domain.money import kr
from tests.examples import (
    HANDED_IN,
    LATER,
    WORDS,
    accept_offer,
    accept_receipt,
    amend_line,
    approve_line,
    cancel_tranche,
    complete,
    confirm_misuse,
    course,
    debit,
    declare_loss,
    decline_offer,
    establish,
    extend,
    hand_in,
    handed_back,
    offer,
    payment,
    receive,
    record_outcome,
    record_reading,
    record_unreadable,
    refund,
    register,
    register_account,
    reject_line,
    reject_receipt,
    request_changes,
    request_tranche,
    returned_payment,
    rules,
    share_receipt,
    stop,
    submit,
    terms,
    use_card,
    write_off,
)
from tests.examples_claims import HEARING_DAYS, claimed_and_appealed
from tests.examples_expenses import EVERY_EXPENSE
from tests.examples_flags import EVERY_FLAG
from tests.examples_funding import EVERY_FUNDING
from tests.examples_intake import EVERY_VOUCHER
from tests.examples_plan import EVERY_PLAN
from tests.examples_reminders import LADDER, reminded_and_waived
from tests.examples_rules import (
    assign_roles,
    assign_team,
    change_rules,
    close_month,
    forget_citizen,
    freeze,
    lapse_tranche,
    reassign_case,
    resume,
)
from tests.examples_sampling import EVERY_SAMPLE
from tests.scenario import DAY

LAST_DAY = LastDay(case_no="C-1", day=DAY)
DUE = date(2025, 1, 1)

# Everything that can happen happens here, most of it in case A-1.
EVERYTHING = HANDED_IN.does(
    confirm_misuse(),  # At once: no flag is behind it.
    *EVERY_FLAG,
    register_account(),
    use_card(),
    record_reading(),
    accept_receipt(),
    refund(words=WORDS),
    declare_loss(),
    hand_in(ref="K-2", sha256="cd" * 32),
    record_unreadable(ref="K-2"),
    reject_receipt(ref="K-2", reason=WORDS),
    *EVERY_VOUCHER,
    share_receipt(),
    receive(
        handed_back(entry="E-3"),
        handed_back(entry="E-4", amount=kr(600), hands_back="REPAY A-1/1"),
        debit(entry="E-5", end_to_end_id=None, words=WORDS),
        statement="S-2",
    ),
    write_off(reason=WORDS),
    *payment("T-2", kr(3_000)),
    receive(returned_payment(end_to_end_id="T-2", amount=kr(3_000)), statement="S-3"),
    request_tranche(ref="T-3"),
    cancel_tranche(ref="T-3"),
    *payment("T-4")[:3],
    change_rules(rules=rules(lapse_days=14), reason=WORDS, effective_on=LATER),
    lapse_tranche(ref="T-4", effective_on=LATER),
    amend_line(line_no=3, amount=kr(7_000), reason=WORDS),
    approve_line(line_no=3),
    extend(reason=WORDS),
    *EVERY_FUNDING,
    *EVERY_EXPENSE,
    stop(reason=WORDS),
    record_outcome(),
    register(case_no="B-1", caseworker="kons-2"),
    offer(case_no="B-1"),
    accept_offer(case_no="B-1", note=WORDS),
    submit(case_no="B-1", by="kons-2", lines=(course(amount=kr(1_000), words=WORDS),)),
    *EVERY_PLAN,
    request_changes(case_no="B-1", wanted=WORDS),
    reject_line(case_no="B-1", reason=WORDS),
    complete(case_no="B-1"),
    register(case_no="C-1"),
    offer(case_no="C-1"),
    decline_offer(case_no="C-1", reason=WORDS),
    *(assign_roles(), assign_team(), reassign_case(case_no="C-1", reason=WORDS)),
    *EVERY_SAMPLE,
    forget_citizen(case_no="C-1", last_days=(LAST_DAY,), effective_on=DUE),
    *(freeze(reason=WORDS), resume(reason=WORDS), close_month()),
)
# And here, with claims that are heard before they are decided, and with a ladder: everything.
ALL = EVERYTHING.does(
    establish(programme="HP", terms=terms(hearing_days=HEARING_DAYS)),
    *claimed_and_appealed(),
    establish(programme="LP", terms=terms(ladder=LADDER)),
    *reminded_and_waived(),
)
EVENT = {type(entry.event).__name__: entry.event for entry in reversed(ALL.log)}  # The first.
