"""A programme: its rules as data, and who may do what in it."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.fund import FundAgreed
from domain.money import ZERO, kr
from domain.programme import (
    EstablishProgramme,
    FundingAgreement,
    ProgrammeEstablished,
    Role,
    RolesAssigned,
    programmes,
)
from domain.sampling.samples import (
    CloseSample,
    CorrectResult,
    DrawSample,
    EnterResult,
    FixPopulation,
    SampleCommand,
)
from domain.words import DECISIONS, Command, Refused, decide
from tests import examples_claims as claims
from tests import examples_expenses as spend
from tests import examples_funding as funding
from tests import examples_intake as intake
from tests import examples_sampling as sampling
from tests.examples import (
    ESTABLISHED,
    GRANTED,
    RULES,
    STAFF,
    TERMS,
    accept_offer,
    accept_receipt,
    amend_line,
    approve_line,
    approve_tranche,
    assess,
    cancel_tranche,
    complete,
    confirm_misuse,
    declare_loss,
    decline_offer,
    establish,
    extend,
    hand_in,
    offer,
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
    rules,
    share_receipt,
    stop,
    submit,
    terms,
    use_card,
    write_off,
)
from tests.examples_flags import (
    assign_flag,
    change_flag_rule,
    dismiss_flag,
    mute_flag,
    raise_flag,
    reopen_flag,
    uphold_flag,
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
from tests.scenario import given

CASEWORKER, CONTROLLER, SYSTEM = Role.CASEWORKER, Role.CONTROLLER, Role.SYSTEM
AUDITOR = Role.AUDITOR
MAY: list[tuple[Command, set[Role]]] = [
    (register(), {CASEWORKER, SYSTEM}),
    (register_account(), {CASEWORKER, SYSTEM}),
    (offer(), {CASEWORKER}),
    (accept_offer(), {CASEWORKER}),
    (decline_offer(), {CASEWORKER}),
    (submit(), {CASEWORKER}),
    (screen_case(), {CASEWORKER}),
    (screen_line(), {CASEWORKER}),
    (assess(), {CASEWORKER}),
    (record_meeting(), {CASEWORKER}),
    (request_changes(), {CASEWORKER}),
    (approve_line(), {CASEWORKER}),
    (reject_line(), {CASEWORKER}),
    (amend_line(), {CASEWORKER}),
    (report_change(), {CASEWORKER}),
    (accept_change(), {CASEWORKER}),
    (decline_change(), {CASEWORKER}),
    (extend(), {CASEWORKER}),
    (enter_phase(), {CASEWORKER}),
    (request_tranche(), {CASEWORKER}),
    (approve_tranche(), {CASEWORKER}),
    (release_tranche(), {CONTROLLER}),
    (cancel_tranche(), {CASEWORKER}),
    (use_card(), {SYSTEM}),
    (spend.invoice(), {SYSTEM}),
    (spend.credit_note(), {SYSTEM}),
    (spend.claim_outlay(), {CASEWORKER, CONTROLLER}),
    (spend.claim_shared_outlay(), {CASEWORKER, CONTROLLER}),
    (spend.plan_support(), {CASEWORKER}),
    (spend.confirm_month(), {CASEWORKER}),
    (spend.attest(), {CASEWORKER}),
    (spend.approve(), {CONTROLLER}),
    (spend.reject(), {CASEWORKER, CONTROLLER}),
    (spend.form_group(), {CASEWORKER}),
    (spend.join_group(), {CASEWORKER}),
    (spend.leave_group(), {CASEWORKER}),
    (spend.attest_shared(), {CASEWORKER}),
    (spend.approve_shared(), {CONTROLLER}),
    (spend.reject_shared(), {CASEWORKER, CONTROLLER}),
    (intake.receive_voucher(by="system"), {CASEWORKER, SYSTEM}),  # And the citizen of the case.
    (intake.record_voucher_reading(), {SYSTEM}),
    (intake.record_voucher_unreadable(), {SYSTEM}),
    (intake.set_voucher_aside(), {CASEWORKER}),
    (hand_in(), {CASEWORKER}),
    (accept_receipt(), {CASEWORKER}),
    (reject_receipt(), {CASEWORKER}),
    (remind(), {CASEWORKER, SYSTEM}),
    (hold(), {CASEWORKER, SYSTEM}),
    (tell(), {CASEWORKER, SYSTEM}),
    (propose(), {CASEWORKER, SYSTEM}),
    (waive(), {CONTROLLER}),
    (share_receipt(), {CASEWORKER}),
    (refund(), {CASEWORKER}),
    (record_reading(), {SYSTEM}),
    (record_unreadable(), {SYSTEM}),
    (declare_loss(), {CONTROLLER}),
    (receive(), {SYSTEM}),
    (confirm_misuse(), {CONTROLLER}),
    (write_off(), {CONTROLLER}),
    (claims.raise_claim(), {CONTROLLER}),
    (claims.open_hearing(), {CASEWORKER, CONTROLLER}),
    (claims.answer_hearing(), {CASEWORKER, CONTROLLER}),
    (claims.decide_claim(), {CONTROLLER}),
    (claims.drop_claim(), {CONTROLLER}),
    (
        claims.agree_instalments(instalments=claims.instalments((claims.AFTER, kr(1_500)))),
        {CASEWORKER, CONTROLLER},
    ),
    (claims.set_off(), {CONTROLLER}),
    (claims.lodge_appeal(), {CASEWORKER, CONTROLLER}),
    (claims.reject_appeal(), {CONTROLLER}),
    (claims.uphold_appeal(), {CONTROLLER}),
    (claims.order_refund(), {CONTROLLER}),
    (funding.agree_funding(), {Role.ADMINISTRATOR}),
    (funding.amend_funding(), {Role.ADMINISTRATOR}),
    (funding.agree_cofinancing(), {Role.ADMINISTRATOR}),
    (funding.recommend(), {CASEWORKER, CONTROLLER}),
    (funding.decide_amendment(), {Role.ADMINISTRATOR, CONTROLLER}),
    (stop(), {CASEWORKER}),
    (complete(), {CASEWORKER}),
    (record_outcome(), {CASEWORKER}),
    (change_rules(rules=rules()), {Role.ADMINISTRATOR}),
    (assign_roles(person="kons-9"), {Role.ADMINISTRATOR}),
    (assign_team(person="kons-1"), {Role.ADMINISTRATOR}),
    (reassign_case(), {CASEWORKER, CONTROLLER}),
    (funding.agree_funding(), {Role.ADMINISTRATOR}),
    (funding.amend_funding(), {Role.ADMINISTRATOR}),
    (funding.agree_cofinancing(), {Role.ADMINISTRATOR}),
    (funding.recommend(), {CASEWORKER, CONTROLLER}),
    (funding.decide_amendment(), {CONTROLLER, Role.ADMINISTRATOR}),
    (freeze(), {CONTROLLER}),
    (resume(), {CONTROLLER}),
    (close_month(), {CONTROLLER}),
    (lapse_tranche(), {CONTROLLER, SYSTEM}),
    (forget_citizen(), {Role.ADMINISTRATOR}),
    (raise_flag(), {SYSTEM}),
    (assign_flag(), {CASEWORKER, CONTROLLER}),
    (mute_flag(), {CASEWORKER, CONTROLLER}),
    (dismiss_flag(), {CASEWORKER, CONTROLLER}),
    (uphold_flag(), {CASEWORKER, CONTROLLER}),
    (reopen_flag(), {CASEWORKER, CONTROLLER}),
    (change_flag_rule(), {Role.ADMINISTRATOR}),
    (sampling.fix(), {AUDITOR}),
    (sampling.draw(), {AUDITOR}),
    (sampling.enter(), {AUDITOR}),
    (sampling.correct(), {AUDITOR}),
    (sampling.close(), {AUDITOR}),
]
ROLES = {member.person: set(member.roles) for member in STAFF} | {"who-ever": set()}


def refusal(command: Command) -> str:
    try:
        decide(command, GRANTED)
    except Refused as no:
        return no.code
    return ""


@pytest.mark.parametrize("person", ROLES)
@pytest.mark.parametrize(("command", "roles"), MAY, ids=lambda it: type(it).__name__)
def test_only_who_holds_the_role_may_do_it(command: Command, roles: set[Role], person: str) -> None:
    asked = command.model_copy(update={"by": person})
    assert (refusal(asked) == "forbidden") == (not ROLES[person] & roles)


def test_the_auditor_writes_nothing_but_samples_and_nobody_else_writes_those() -> None:
    asked = [command.model_copy(update={"by": "rev-1"}) for command, _ in MAY]
    allowed = [command for command in asked if refusal(command) != "forbidden"]
    assert {type(command) for command in allowed} == {
        *(FixPopulation, DrawSample, EnterResult, CorrectResult, CloseSample)
    }
    assert all(roles == {AUDITOR} for command, roles in MAY if isinstance(command, SampleCommand))


def test_who_may_do_what_is_told_here_for_every_command() -> None:
    told = {type(command) for command, _ in MAY}
    assert set(DECISIONS) - {EstablishProgramme} <= told


@pytest.mark.parametrize(
    "command", [command for command, _ in MAY], ids=lambda it: type(it).__name__
)
def test_in_a_programme_that_does_not_exist_nothing_is_found(command: Command) -> None:
    elsewhere = command.model_copy(update={"programme": "LTT"})
    GRANTED.when(elsewhere).then_refused("not_found", what="programme")


def test_a_role_in_one_programme_is_none_in_another() -> None:
    both = ESTABLISHED.does(establish(programme="LTT", staff=STAFF[-1:]))
    both.when(register(programme="LTT", by="kons-1")).then_refused("forbidden")


# Established -------------------------------------------------------------------------------------


def test_a_programme_is_established_with_its_staff_and_its_funds() -> None:
    given().when(
        establish(
            staff=(STAFF[2], STAFF[-1]),
            funding=(FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(9)),),
        )
    ).then(
        ProgrammeEstablished(programme="NP", terms=TERMS),
        RolesAssigned(programme="NP", person="both-1", roles=(CASEWORKER, CONTROLLER)),
        RolesAssigned(programme="NP", person="system", roles=(Role.SYSTEM,)),
        FundAgreed(programme="NP", fund="VELUX", name="VELUX FONDEN", amount=kr(9)),
    )


def test_a_programme_is_established_once() -> None:
    ESTABLISHED.when(establish()).then_refused("wrong_state")
    ESTABLISHED.when(establish(terms=terms(cap=kr(1)))).then_refused("wrong_state")


def test_a_programme_is_established_by_someone_who_is_given_the_role_for_it() -> None:
    given().when(establish(by="kons-1")).then_refused("forbidden", needs=["system"])
    given().when(establish(by="nobody")).then_refused("forbidden")


def test_each_fund_and_the_programme_have_a_stream_of_their_own() -> None:
    streams = {entry.stream for entry in ESTABLISHED.log}
    assert streams == {"programme-NP", "fund-NP/AARHUS", "fund-NP/VELUX"}


def test_roles_are_replaced_not_added() -> None:
    demoted = RolesAssigned(programme="NP", person="both-1", roles=(CASEWORKER,))
    story = ESTABLISHED.tells(programmes.news(demoted, "NP"))
    with pytest.raises(Refused):
        story(programmes, "NP").require("both-1", CONTROLLER)
    story(programmes, "NP").require("both-1", CASEWORKER)


def test_a_programme_without_terms_is_not_found() -> None:
    with pytest.raises(Refused) as no:
        _ = programmes.initial.terms
    assert no.value.code == "not_found"


@pytest.mark.parametrize("wrong", [{"cap": "0.00"}, {"cap": None}, {"cap": 50_000.0}])
def test_a_cap_is_an_amount_of_more_than_nothing(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        type(RULES)(**RULES.model_dump() | wrong)


def test_no_limit_is_not_the_same_as_a_limit_of_nothing() -> None:
    rules = RULES.model_copy(update={"tranche_max": None, "undocumented_limit": ZERO})
    again = type(RULES).model_validate_json(rules.model_dump_json())
    assert (again.tranche_max, again.undocumented_limit) == (None, ZERO)
