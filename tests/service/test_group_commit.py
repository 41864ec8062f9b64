"""Commands that wait together are decided and stored together, each with its own answer."""

from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.case import Stage, cases
from domain.case.budget import ApproveLine
from domain.fund import funds
from domain.money import kr
from domain.programme import FundingAgreement
from domain.words import Command, Refused
from service import committing, lines
from service.answers import Answer, Busy
from service.app import Teten
from service.deciding import Asked, Group
from service.log import Log
from service.people.files import FileLost
from service.recorder import LogRecorder
from service.states import States
from tests import examples
from tests.service.together import (
    accept_all,
    ask_all,
    deciding,
    fresh,
    gathered,
    ten_offered,
    transactions,
)


@pytest.fixture(name="log")
def _log(teten: Teten) -> Log:
    return ten_offered(teten)


# Together ----------------------------------------------------------------------------------------


def test_what_is_asked_together_is_stored_in_few_transactions(log: Log) -> None:
    before = log.head()
    answers = ask_all(log, *accept_all())
    assert [answer.first_position for answer in answers] == list(range(before + 1, before + 11))
    assert transactions(log, before) == 1


def test_each_has_its_own_answer_and_a_refused_one_harms_no_other(log: Log) -> None:
    told = ask_all(
        log,
        fresh(examples.accept_offer(case_no="A-0")),
        fresh(examples.submit(case_no="A-1")),  # Nothing is signed yet.
        fresh(examples.accept_offer(case_no="NOBODY")),
        fresh(examples.accept_offer(case_no="A-2")),
    )
    assert [type(each) for each in told] == [Answer, Refused, Refused, Answer]
    assert [told[1].code, told[2].code] == ["no_declaration", "not_found"]
    assert log.state(cases, "A-2").stage is Stage.ACCEPTED


def refuse_with_what_can_not_be_written() -> None:
    raise Refused("never", fact="\ud800")


def one_that_fails_alone(log: Log, bad: Command) -> None:
    before = log.head()
    first, failed, *others = ask_all(log, accept_all()[0], bad, *accept_all()[1:])
    assert isinstance(failed, Exception)
    assert [type(each) for each in (first, *others)] == [Answer] * 10
    assert (first.first_position, log.head()) == (before + 1, before + 10)


def test_one_that_fails_by_a_defect_of_ours_fails_alone(log: Log) -> None:
    with deciding(lambda: 1 // 0) as bad:
        one_that_fails_alone(log, bad)


def test_one_whose_words_can_not_be_kept_fails_alone(log: Log) -> None:
    def keep(curs: psycopg.Cursor[Any]) -> None:
        curs.execute("INSERT INTO people.words VALUES ('words-1', NULL, '')")

    good, bad = accept_all()[:2]
    with gathered(log):
        kept = log._committer.submit(good, None)
        lost = log._committer.submit(bad, keep)
    assert isinstance(lost.exception(30), psycopg.errors.NotNullViolation)
    assert kept.result(30).command == good.id
    assert log.state(cases, "A-1").stage is Stage.OFFERED


def test_one_whose_refusal_can_not_be_written_fails_alone(log: Log) -> None:
    with deciding(refuse_with_what_can_not_be_written) as bad:
        one_that_fails_alone(log, bad)


def test_one_whose_id_is_too_long_for_an_index_fails_alone(log: Log) -> None:
    long = "".join(f"{number:05}" for number in range(9_999))
    one_that_fails_alone(log, examples.offer(id=long, case_no="A-9"))


def test_a_file_whose_bearer_went_away_is_not_spoken_of(log: Log, teten: Teten) -> None:
    """Interrupted, while the command waited to be stored."""
    with teten.files.staged("citizen-1", b"a receipt") as staged:
        pass
    with pytest.raises(FileLost):
        log.handle(fresh(examples.accept_offer(case_no="A-0")), staged.keep)
    assert log.state(cases, "A-0").stage is Stage.OFFERED


def test_readers_that_hold_every_connection_hold_up_nobody_who_writes(log: Log) -> None:
    with ExitStack() as held:
        for _ in range(log.pool.max_size):
            held.enter_context(log.pool.connection())
        log.handle(fresh(examples.register(case_no="B-1")))


def test_what_is_asked_first_is_decided_first(log: Log) -> None:
    """Each of these is refused unless the one before it has been done."""
    steps = (examples.accept_offer, examples.submit, examples.assess, examples.approve_line)
    told = ask_all(log, *(fresh(step(case_no="A-0")) for step in steps))
    assert [type(each) for each in told] == [Answer] * 4
    assert log.state(cases, "A-0").granted == kr(20_000)


def test_a_hot_fund_is_never_promised_past_its_amount_within_a_group(teten: Teten) -> None:
    small = FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(100))
    other = FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(100))
    teten.log.handle(fresh(examples.establish(funding=(small, other))))
    line = examples.course(amount=kr(10))
    approvals = []
    for number in range(20):
        case = {"case_no": f"B-{number}"}
        for step in (examples.register, examples.offer, examples.accept_offer):
            teten.log.handle(fresh(step(**case)))
        teten.log.handle(fresh(examples.submit(**case, lines=(line,))))
        teten.log.handle(fresh(examples.assess(**case)))
        approvals.append(fresh(examples.approve_line(**case)))
    told = ask_all(teten.log, *approvals)
    assert [getattr(each, "code", "granted") for each in told] == (
        ["granted"] * 10 + ["funding_exhausted"] * 10
    )
    assert teten.log.state(funds, "NP", "AARHUS").committed == kr(100)


def test_the_same_command_asked_twice_at_once_is_done_once(log: Log) -> None:
    command = fresh(examples.accept_offer(case_no="A-0"))
    first, again = ask_all(log, command, command)
    assert again == first.model_copy(update={"again": True})


def test_positions_have_no_gaps_whatever_failed_on_the_way(log: Log) -> None:
    def failing(curs: psycopg.Cursor[Any]) -> None:
        curs.execute("SELECT 1 / 0")

    for number in range(5):
        with pytest.raises(psycopg.errors.DivisionByZero):
            log.handle(fresh(examples.accept_offer(case_no=f"A-{number}")), failing)
        log.handle(fresh(examples.accept_offer(case_no=f"A-{number}")))
    assert [event.position for event in log.everything()] == list(range(1, log.head() + 1))


# Others write, too -------------------------------------------------------------------------------


def test_a_state_in_memory_that_others_have_moved_refuses_nobody(log: Log) -> None:
    """This service still believes that the offer waits for an answer."""
    other = Log(log.url)
    try:
        other.handle(fresh(examples.accept_offer(case_no="A-0")))
    finally:
        other.close()
    log.handle(fresh(examples.submit(case_no="A-0")))


def test_a_group_that_lost_a_race_twice_is_decided_with_the_log_held(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it is about to be stored, somebody else has just moved the case; until it is held."""
    other, real = Log(log.url), LogRecorder.insert_events
    held = []

    def racing(self: LogRecorder, events: Any, **kwargs: Any) -> Any:
        if self is log.recorder:
            status = kwargs["connection"].info.transaction_status
            held.append(status is psycopg.pq.TransactionStatus.INTRANS)
            if not held[-1]:
                other.handle(fresh(examples.use_card(case_no="A-0")))
        return real(self, events, **kwargs)

    log.handle(fresh(examples.accept_offer(case_no="A-0")))
    monkeypatch.setattr(LogRecorder, "insert_events", racing)
    try:
        log.handle(fresh(examples.use_card(case_no="A-0")))
    finally:
        other.close()
    assert held == [False, False, True]
    versions = [event.version for event in log.everything() if event.stream == "case-A-0"]
    assert versions == list(range(1, 7))


def test_what_was_decided_on_a_group_that_then_was_overtaken_is_decided_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten are decided while the ten before them are being stored; but one citizen has declined elsewhere."""
    monkeypatch.setattr(committing, "GROUP_MAX", 10)
    other = Log(log.url)
    try:
        other.handle(fresh(examples.decline_offer(case_no="A-0")))
    finally:
        other.close()
    submissions = [fresh(examples.submit(case_no=f"A-{number}")) for number in range(10)]
    told = ask_all(log, *accept_all(), *submissions)
    assert [getattr(each, "code", "done") for each in told] == (
        ["case_closed", *["done"] * 9, "case_closed", *["done"] * 9]
    )


def test_a_log_that_lost_its_end_under_a_running_service_takes_no_more(log: Log) -> None:
    """As when somebody restores a backup and forgets to stop the service: no stream gets a hole."""
    log.handle(fresh(examples.accept_offer(case_no="A-0")))
    with log.pool.connection() as connection:
        connection.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM log_events WHERE notification_id = %s", (log.head(),))
    with pytest.raises(psycopg.errors.RaiseException, match="restored under a running service"):
        log.handle(fresh(examples.use_card(case_no="A-0")))


def test_a_log_that_others_hold_is_said_to_be_busy_and_nothing_is_stored(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lines.SESSION, "lock_timeout", "100ms")
    patient = Log(log.url)
    command = fresh(examples.accept_offer(case_no="A-0"))
    try:
        with psycopg.connect(log.url) as holder:
            holder.execute("LOCK TABLE log_events IN EXCLUSIVE MODE")
            with pytest.raises(Busy):
                patient.handle(command)
        assert log.state(cases, "A-0").stage is Stage.OFFERED
        assert not patient.handle(command).again
    finally:
        patient.close()


# However they are grouped ------------------------------------------------------------------------

CASES = st.sampled_from(["A-1", "A-2"])
STEPS = st.sampled_from(
    [
        examples.register,
        examples.offer,
        examples.accept_offer,
        examples.decline_offer,
        examples.submit,
        examples.assess,
        examples.approve_line,
        examples.request_tranche,
        examples.approve_tranche,
        examples.use_card,
    ]
)
WISHES = st.lists(st.builds(lambda step, case_no: step(case_no=case_no), STEPS, CASES), max_size=40)


def outcome(states: States, group: list[Command]) -> list[Any]:
    """What the group's events are, and what each command was answered."""
    done = Group(states, [Asked.of(command, None) for command in group], {})
    done.remember()
    events = [(event.originator_id, event.originator_version, event.topic) for event in done.events]
    codes = [str(each.error) for each in done.decided]
    return [events, codes]


@given(WISHES, st.data())
@settings(max_examples=60)
def test_it_makes_no_difference_how_commands_are_grouped(wishes: list[Any], data: Any) -> None:
    wishes = [examples.establish(), *wishes]
    alone, together = States(), States()
    expected: list[Any] = [[], []]
    for wish in wishes:
        for all_of_it, part in zip(expected, outcome(alone, [wish]), strict=True):
            all_of_it.extend(part)
    found: list[Any] = [[], []]
    while wishes:
        size = data.draw(st.integers(1, len(wishes)))
        group, wishes = wishes[:size], wishes[size:]
        for all_of_it, part in zip(found, outcome(together, group), strict=True):
            all_of_it.extend(part)
    assert found == expected


def test_the_states_in_memory_are_bounded_and_decisions_are_right_all_the_same(
    teten: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = teten.log
    monkeypatch.setattr(log._committer, "_states", States(most=1))
    log.handle(fresh(examples.establish()))
    for step in (examples.register, examples.offer, examples.accept_offer, examples.submit):
        for case_no in ("A-1", "A-2"):
            log.handle(fresh(step(case_no=case_no)))
    told = ask_all(log, *(fresh(examples.assess(case_no=case_no)) for case_no in ("A-1", "A-2")))
    assert [type(each) for each in told] == [Answer, Answer]
    assert len(log._committer._states._states) == 1
    approval = fresh(examples.approve_line(case_no="A-1"))
    assert isinstance(approval, ApproveLine)
    log.handle(approval)
