"""From the offer to the outcome, and what a closed case still allows."""

import pytest

from domain.case.annulment import GrantAnnulled
from domain.case.enrolment import (
    CaseCompleted,
    CaseRegistered,
    CaseStopped,
    OfferAccepted,
    OfferDeclined,
    OutcomeRecorded,
    ProgrammeOffered,
)
from domain.case.payouts import TrancheCancelled
from domain.case.state import Stage, cases
from domain.fund import CommitmentReleased
from domain.money import kr
from domain.words import DECISIONS, Command, Refused, decide
from tests import examples_claims as claims
from tests import examples_expenses as spend
from tests import examples_intake as intake
from tests.examples import (
    ACCEPTED,
    APPROVED,
    ASSESSED,
    COMPUTER,
    COURSE,
    ESTABLISHED,
    GRANTED,
    HANDED_IN,
    LICENCE,
    MISUSED,
    OFFERED,
    REGISTERED,
    RELEASED,
    SETTLED,
    SUBMITTED,
    WORDS,
    accept_offer,
    accept_receipt,
    amend_line,
    approve_line,
    approve_tranche,
    assess,
    cancel_tranche,
    complete,
    confirm_misuse,
    debit,
    declare_loss,
    decline_offer,
    establish,
    extend,
    hand_in,
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
    release_tranche,
    request_changes,
    request_tranche,
    share_receipt,
    stop,
    submit,
    terms,
    use_card,
    write_off,
)
from tests.examples_plan import (
    accept_change,
    decline_change,
    enter_phase,
    record_meeting,
    report_change,
    screen_case,
    screen_line,
)
from tests.examples_reminders import hold, propose, remind, tell, waive
from tests.examples_rules import forget_citizen, freeze, lapse_tranche, resume
from tests.scenario import Story, given

CLOSING = [stop(), complete()]
CLOSED = [OFFERED.does(decline_offer()), *(HANDED_IN.does(closing) for closing in CLOSING)]
REFUSED_WHEN_CLOSED = [
    accept_offer(),
    decline_offer(),
    submit(),
    assess(),
    request_changes(),
    approve_line(),
    reject_line(),
    amend_line(),
    extend(),
    screen_case(),
    screen_line(),
    record_meeting(),
    report_change(),
    accept_change(),
    decline_change(),
    enter_phase(),
    request_tranche(),
    approve_tranche(),
    release_tranche(),
    spend.attest(),
    spend.approve(),
    spend.plan_support(),
    spend.confirm_month(),
    stop(),
    complete(),
]
ALLOWED_WHEN_CLOSED = [
    register_account(),
    offer(),
    cancel_tranche(),
    lapse_tranche(),
    forget_citizen(),
    use_card(),
    spend.invoice(),
    spend.credit_note(),
    spend.claim_outlay(),
    spend.reject(),
    intake.receive_voucher(),
    intake.record_voucher_reading(),
    intake.record_voucher_unreadable(),
    intake.set_voucher_aside(),
    hand_in(),
    accept_receipt(),
    reject_receipt(),
    share_receipt(),
    refund(),
    record_reading(),
    record_unreadable(),
    declare_loss(),
    *(remind(), hold(), tell(), propose(), waive()),
    confirm_misuse(),
    write_off(),
    claims.raise_claim(),
    claims.open_hearing(),
    claims.answer_hearing(),
    claims.decide_claim(),
    claims.drop_claim(),
    claims.agree_instalments(instalments=claims.instalments((claims.AFTER, kr(1_500)))),
    claims.set_off(),
    claims.lodge_appeal(),
    claims.reject_appeal(),
    claims.uphold_appeal(),
    claims.order_refund(),
    record_outcome(),
]
OF_NO_CASE = [
    establish(),
    register(),
    receive(),
    spend.claim_shared_outlay(),
    freeze(),
    resume(),
]


def name(of: object) -> str:
    return type(of).__name__ if isinstance(of, Command) else ""


def annulled(story: Story, command: Command) -> list[tuple[int, str, str]]:
    """Line, event and amount of what the command gives back."""
    return [
        (event.line_no, type(event).__name__, str(event.amount))
        for event in (new.event for new in decide(command, story))
        if isinstance(event, GrantAnnulled | CommitmentReleased)
    ]


# Selected, offered, answered ---------------------------------------------------------------------


def test_a_citizen_is_selected_under_a_pseudonym() -> None:
    ESTABLISHED.when(register()).then(
        CaseRegistered(
            case_no="A-1",
            programme="NP",
            citizen="citizen-0123456789abcdef",
            phase="1",
            selection="random",
            sparring="individual",
            caseworker="kons-1",
        )
    )


def test_a_case_number_belongs_to_one_case() -> None:
    REGISTERED.when(register()).then_refused("wrong_state")
    REGISTERED.when(register(citizen="citizen-fedcba9876543210")).then_refused("wrong_state")


def test_a_case_number_belongs_to_one_case_across_programmes() -> None:
    both = REGISTERED.does(establish(programme="LTT"))
    both.when(register(programme="LTT")).then_refused("wrong_state")
    both.when(offer(programme="LTT")).then_refused("not_found")


def test_a_citizen_is_offered_the_programme_once() -> None:
    REGISTERED.when(offer()).then(ProgrammeOffered(case_no="A-1"))
    OFFERED.when(offer()).then_refused("wrong_state")
    ACCEPTED.when(offer()).then_refused("wrong_state")


def test_nobody_is_offered_a_programme_without_being_selected() -> None:
    ESTABLISHED.when(offer()).then_refused("not_found")


def test_the_citizen_says_yes_and_signs_the_solemn_declaration() -> None:
    OFFERED.when(accept_offer(note=WORDS)).then(OfferAccepted(case_no="A-1", note=WORDS))


def test_the_citizen_says_no() -> None:
    OFFERED.when(decline_offer(reason=WORDS)).then(OfferDeclined(case_no="A-1", reason=WORDS))


@pytest.mark.parametrize("answer", [accept_offer(), decline_offer()], ids=name)
def test_the_citizen_answers_an_offer_and_answers_once(answer: Command) -> None:
    REGISTERED.when(answer).then_refused("wrong_state")
    ACCEPTED.when(answer).then_refused("wrong_state")
    OFFERED.does(decline_offer()).when(answer).then_refused("case_closed")


@pytest.mark.parametrize("command", [offer(), accept_offer(), stop(), record_outcome()], ids=name)
def test_any_caseworker_may_act_for_a_colleague_on_leave(command: Command) -> None:
    story = {"OfferProgramme": REGISTERED, "AcceptOffer": OFFERED}.get(name(command), GRANTED)
    for colleague in ("kons-2", "both-1"):
        assert decide(command.model_copy(update={"by": colleague}), story)


# Stopped, completed ------------------------------------------------------------------------------


def test_a_case_is_stopped() -> None:
    ACCEPTED.when(stop(reason=WORDS)).then(CaseStopped(case_no="A-1", reason=WORDS))


def test_a_case_is_completed() -> None:
    ACCEPTED.when(complete()).then(CaseCompleted(case_no="A-1"))


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_only_a_participants_case_is_closed_and_only_once(closing: Command) -> None:
    REGISTERED.when(closing).then_refused("wrong_state")
    OFFERED.when(closing).then_refused("wrong_state")
    for again in CLOSING:
        ACCEPTED.does(closing).when(again).then_refused("case_closed")


def test_closing_annuls_what_is_granted_and_neither_paid_nor_ordered() -> None:
    given_back = {"case_no": "A-1", "line_no": 1, "amount": kr(15_000)}
    alone = ASSESSED.does(approve_line(), *payment())
    alone.when(stop()).then(
        CaseStopped(case_no="A-1", reason=None),
        GrantAnnulled(**given_back, account_string=COURSE),
        CommitmentReleased(**given_back, programme="NP", fund="AARHUS"),
    )
    alone.when(complete()).then(
        CaseCompleted(case_no="A-1"),
        GrantAnnulled(**given_back, account_string=COURSE),
        CommitmentReleased(**given_back, programme="NP", fund="AARHUS"),
    )


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_closing_gives_back_line_by_line_to_each_fund(closing: Command) -> None:
    assert annulled(SETTLED, closing) == [
        (1, "GrantAnnulled", "15000.00"),
        (1, "CommitmentReleased", "15000.00"),
        (2, "GrantAnnulled", "16000.00"),
        (2, "CommitmentReleased", "16000.00"),
        (3, "GrantAnnulled", "8000.00"),
        (3, "CommitmentReleased", "8000.00"),
    ]
    assert [
        (new.event.account_string, new.stream)
        for new in decide(closing, SETTLED)
        if isinstance(new.event, GrantAnnulled)
    ] == [(COURSE, "case-A-1"), (LICENCE, "case-A-1"), (COMPUTER, "case-A-1")]


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_a_tranche_that_is_only_approved_is_annulled_and_a_released_one_is_not(
    closing: Command,
) -> None:
    assert (1, "GrantAnnulled", "20000.00") in annulled(APPROVED, closing)
    assert (1, "GrantAnnulled", "15000.00") in annulled(RELEASED, closing)


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_nothing_is_annulled_of_a_line_paid_in_full_or_never_granted(closing: Command) -> None:
    in_full = (*payment("T-1", kr(10_000)), declare_misused(10_000), *payment("T-2", kr(10_000)))
    assert annulled(ASSESSED.does(approve_line(), *in_full), closing) == []
    assert annulled(SUBMITTED, closing) == []


def declare_misused(kroner: int) -> Command:
    """So that the next tranche may be released."""
    return confirm_misuse(amount=kr(kroner))


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_an_ordered_payment_still_goes_through_in_a_closed_case(closing: Command) -> None:
    line = RELEASED.does(closing, receive(debit()))(cases, "A-1").lines[1]
    assert (line.granted, line.paid, line.ordered) == (kr(5_000), kr(5_000), kr(0))


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_a_tranche_can_be_cancelled_in_a_closed_case(closing: Command) -> None:
    cancelled = TrancheCancelled(case_no="A-1", line_no=1, ref="T-1")
    APPROVED.does(closing).when(cancel_tranche()).then(cancelled)


# Closed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", CLOSED, ids=["declined", "stopped", "completed"])
@pytest.mark.parametrize("command", REFUSED_WHEN_CLOSED, ids=name)
def test_a_closed_case_refuses(story: Story, command: Command) -> None:
    story.when(command).then_refused("case_closed")


@pytest.mark.parametrize("story", CLOSED, ids=["declined", "stopped", "completed"])
@pytest.mark.parametrize("command", ALLOWED_WHEN_CLOSED, ids=name)
def test_a_closed_case_lets_the_rest_go_on(story: Story, command: Command) -> None:
    try:
        decide(command, story)
    except Refused as no:
        assert no.code != "case_closed"


@pytest.mark.parametrize("closing", CLOSING, ids=name)
def test_receipts_claims_and_outcomes_go_on_in_a_closed_case(closing: Command) -> None:
    HANDED_IN.does(
        closing,
        use_card(),
        accept_receipt(),
        declare_loss(),
        hand_in(ref="K-2", sha256="cd" * 32),
        reject_receipt(ref="K-2"),
        confirm_misuse(),
        write_off(),
        record_outcome(),
    )


def test_every_command_about_a_case_is_either_refused_or_allowed_when_it_is_closed() -> None:
    told = {type(ask) for ask in [*REFUSED_WHEN_CLOSED, *ALLOWED_WHEN_CLOSED, *OF_NO_CASE]}
    assert {kind for kind in DECISIONS if kind.__module__.startswith("domain.case")} <= told


# Outcome -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [ACCEPTED, ACCEPTED.does(stop()), ACCEPTED.does(complete())])
def test_the_outcome_of_a_participant_is_recorded_open_or_closed(story: Story) -> None:
    recorded = OutcomeRecorded(case_no="A-1", outcome="education")
    story.when(record_outcome(outcome="education")).then(recorded)
    story.does(record_outcome()).when(record_outcome(outcome="education")).then(recorded)


@pytest.mark.parametrize("story", [REGISTERED, OFFERED, OFFERED.does(decline_offer())])
def test_who_never_accepted_has_no_outcome(story: Story) -> None:
    story.when(record_outcome()).then_refused("wrong_state")


def test_an_outcome_is_one_that_the_programme_knows() -> None:
    known = list(terms().outcomes)
    ACCEPTED.when(record_outcome(outcome="rich")).then_refused("not_found", known=known)


def test_a_stage_is_open_or_closed_and_a_participants_or_not() -> None:
    closed = {stage for stage in Stage if stage.closed}
    assert closed == {Stage.DECLINED, Stage.STOPPED, Stage.COMPLETED}
    participants = {stage for stage in Stage if stage.participant}
    assert participants == {Stage.ACCEPTED, Stage.STOPPED, Stage.COMPLETED}


def test_a_claim_is_still_written_off_when_the_case_is_closed() -> None:
    MISUSED.does(stop(), write_off())


def test_registering_needs_a_programme() -> None:
    given().when(register()).then_refused("not_found", what="programme")
