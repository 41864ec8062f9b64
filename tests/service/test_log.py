"""The log on a real PostgreSQL: one decision, one transaction, one answer; and nothing ever changes."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from domain.case import Stage, cases
from domain.fund import funds
from domain.money import kr
from domain.programme import FundingAgreement
from domain.words import COMMANDS, DECISIONS, Command, Refused
from service.answers import CommandIdReused
from service.app import Teten, opened
from service.entries import EntryMapper, UnknownEvent
from service.log import Log
from service.recorder import LogRecorder
from service.settings import Settings
from tests import examples

ids = (f"command-{number}" for number in count(1))
SMALL_FUND = (
    FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(100)),
    FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(100)),
)


def fresh(command: Command) -> Command:
    """The same wish, with an id of its own."""
    return command.model_copy(update={"id": next(ids)})


@pytest.fixture
def log(teten: Teten) -> Log:
    """A log in which a programme is established and one citizen was offered it."""
    for command in (examples.establish(), examples.register(), examples.offer()):
        teten.log.handle(fresh(command))
    return teten.log


def rows(log: Log, table: str) -> list[tuple[Any, ...]]:
    with log.pool.connection() as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def assessed(log: Log, case_no: str, amount: int) -> None:
    """Bring a case to where its one line can be approved."""
    line = examples.course(amount=kr(amount))
    case = {"case_no": case_no}
    for command in (
        examples.register(**case),
        examples.offer(**case),
        examples.accept_offer(**case),
        examples.submit(**case, lines=(line,)),
        examples.assess(**case),
    ):
        log.handle(fresh(command))


# One decision ------------------------------------------------------------------------------------


def test_all_streams_of_a_decision_are_written_or_none(log: Log) -> None:
    assessed(log, "B-1", 1_000)
    answer = log.handle(fresh(examples.approve_line(case_no="B-1")))
    events = log.after(answer.first_position - 1, 10)
    assert {event.stream for event in events} == {"case-B-1", "fund-NP/AARHUS"}
    assert log.state(funds, "NP", "AARHUS").committed == kr(1_000)


def test_an_entry_tells_who_when_why_and_by_which_command(log: Log) -> None:
    command = fresh(examples.accept_offer(cause="journal.csv:7"))
    answer = log.handle(command)
    [event] = log.after(answer.first_position - 1, 1)
    assert (event.actor, event.command, event.cause) == ("kons-1", command.id, "journal.csv:7")
    assert (event.at, event.effective_on) == (command.at, command.effective_on)
    assert event.digest == command.digest()
    assert event.recorded_at > event.at


def test_what_is_stored_is_plain_json_under_the_events_own_name(log: Log) -> None:
    log.handle(fresh(examples.accept_offer()))
    *_, (stream, version, topic, state, _) = rows(log, "log_events")
    assert (stream, version, topic) == ("case-A-1", 3, "OfferAccepted")
    stored = json.loads(bytes(state))
    assert stored["event"] == {"case_no": "A-1", "note": None}
    assert (
        bytes(state)
        == json.dumps(stored, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    )


# Retries -----------------------------------------------------------------------------------------


def test_asked_again_the_answer_is_the_same_and_nothing_is_new(log: Log) -> None:
    command = fresh(examples.accept_offer())
    first = log.handle(command)
    again = log.handle(command)
    assert again == first.model_copy(update={"again": True})
    assert log.head() == first.last_position


def test_the_same_id_with_other_inputs_is_refused(log: Log) -> None:
    command = fresh(examples.accept_offer())
    log.handle(command)
    with pytest.raises(CommandIdReused, match=command.id):
        log.handle(command.model_copy(update={"by": "kons-2"}))
    with pytest.raises(CommandIdReused):
        log.handle(examples.decline_offer(id=command.id))


def test_a_refusal_changes_no_stream_and_the_attempt_is_kept_once(log: Log) -> None:
    before = log.head()
    command = fresh(examples.submit())
    for _ in range(3):
        with pytest.raises(Refused) as no:
            log.handle(command)
        assert no.value.code == "no_declaration"
    assert log.head() == before
    kept = [row for row in rows(log, "commands") if row[0] == command.id]
    assert [(row[2], row[4], row[11]) for row in kept] == [
        ("SubmitBudget", "kons-1", "no_declaration")
    ]


def test_a_refused_command_stays_refused_when_the_world_has_changed(log: Log) -> None:
    command = fresh(examples.submit())
    with pytest.raises(Refused):
        log.handle(command)
    log.handle(fresh(examples.accept_offer()))
    with pytest.raises(Refused, match="no_declaration"):
        log.handle(command)
    log.handle(fresh(examples.submit()))


def test_a_hundred_retries_at_once_are_one_event(log: Log) -> None:
    command = fresh(examples.accept_offer())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: log.handle(command), range(100)))
    assert len({answer.last_position for answer in answers}) == 1
    assert [answer.again for answer in answers].count(False) == 1
    assert [row[2] for row in rows(log, "log_events")].count("OfferAccepted") == 1


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not-committed"])
def test_a_commit_whose_answer_is_lost_ends_in_one_event(
    log: Log, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    """The connection breaks once, after the commit or before it."""
    real = LogRecorder.insert_events
    breaks = iter([True])

    def breaking(self: LogRecorder, events: Any, **kwargs: Any) -> Any:
        if next(breaks, False):
            if committed:
                real(self, events, **kwargs)
            kwargs["connection"].close()
            raise psycopg.OperationalError("the connection was lost")
        return real(self, events, **kwargs)

    monkeypatch.setattr(LogRecorder, "insert_events", breaking)
    answer = log.handle(fresh(examples.accept_offer()))
    assert [row[2] for row in rows(log, "log_events")].count("OfferAccepted") == 1
    assert answer.last_position == log.head()


# Races -------------------------------------------------------------------------------------------


def race(commands: list[Command], handle: Callable[[Command], Any]) -> list[str]:
    """Ask all of them from eight threads; what each was answered."""

    def ask(command: Command) -> str:
        try:
            handle(command)
        except Refused as no:
            return no.code
        return "done"

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(ask, commands))


def test_a_fund_is_never_promised_past_its_amount(teten: Teten) -> None:
    """Forty cases want 10 kr. each of 100 kr., all at once, from two processes' worth of caches."""
    log, other = teten.log, Log(teten.url)
    log.handle(fresh(examples.establish(funding=SMALL_FUND)))
    names = [f"B-{number}" for number in range(40)]
    for name in names:
        assessed(log, name, 10)
    logs: Iterator[Log] = iter([log, other] * 20)
    pairs = {case_no: next(logs) for case_no in names}
    commands = [fresh(examples.approve_line(case_no=name)) for name in names]
    try:
        answers = race(commands, lambda command: pairs[command.case_no].handle(command))  # type: ignore[attr-defined]
    finally:
        other.close()
    assert sorted(set(answers)) == ["done", "funding_exhausted"]
    assert answers.count("done") == 10
    assert log.state(funds, "NP", "AARHUS").committed == kr(100)
    granted = [case_no for case_no in names if log.state(cases, case_no).granted]
    assert len(granted) == 10


def test_one_receipt_file_explains_one_thing_however_many_ask(log: Log) -> None:
    names = [f"B-{number}" for number in range(16)]
    for name in names:
        assessed(log, name, 10)
    commands = [
        fresh(examples.hand_in(case_no=name, ref=f"K-{name}", sha256="ab" * 32)) for name in names
    ]
    answers = race(commands, log.handle)
    assert answers.count("done") == 1
    assert answers.count("duplicate_receipt") == 15


def test_a_stream_that_was_only_read_is_relied_on_too(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roles change between the decision and the append: it is decided again, and refused."""
    from domain.programme import RolesAssigned, programmes  # noqa: PLC0415
    from domain.words import decides  # noqa: PLC0415

    class WithdrawRoles(Command):
        """Only of this test: the product has no such command yet."""

    other = Log(log.url)
    try:

        @decides(WithdrawRoles)
        def _(ask: WithdrawRoles, past: Any) -> Any:
            past(programmes, ask.programme)
            return [programmes.news(RolesAssigned(programme="NP", person="kons-1", roles=()), "NP")]

        real = LogRecorder.insert_events
        moves = iter([WithdrawRoles(**examples.ASKED | {"id": next(ids), "by": "x"})])

        def racing(self: LogRecorder, events: Any, **kwargs: Any) -> Any:
            if (move := next(moves, None)) is not None:
                other.handle(move)
            return real(self, events, **kwargs)

        monkeypatch.setattr(LogRecorder, "insert_events", racing)
        with pytest.raises(Refused, match="forbidden"):
            log.handle(fresh(examples.accept_offer()))
    finally:
        other.close()
        del COMMANDS["WithdrawRoles"], DECISIONS[WithdrawRoles]
    assert log.state(cases, "A-1").stage is Stage.OFFERED


# Nothing ever changes ----------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["log_events", "commands"])
@pytest.mark.parametrize(
    "change",
    ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET programme = 'X'", "UPDATE {} SET topic = 'X'"],
)
def test_the_database_itself_refuses_changes(
    teten: Teten, log: Log, table: str, change: str
) -> None:
    if ("topic" in change) != (table == "log_events") and "UPDATE" in change:
        change = "UPDATE {} SET " + ("topic = topic" if table == "log_events" else "id = id")
    before = rows(log, table)
    with (
        psycopg.connect(teten.url) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        connection.execute("SET session_replication_role = replica")
        connection.execute(change.format(table))
    assert rows(log, table) == before


def test_an_event_of_a_newer_version_is_named_and_stops_the_reader(log: Log) -> None:
    with log.pool.connection() as connection:
        connection.execute(
            "INSERT INTO log_events VALUES ('case-A-1', 3, 'CaseTeleported', '{}'::bytea)"
        )
    with pytest.raises(UnknownEvent, match=r"CaseTeleported .*case-A-1, version 3.* newer version"):
        log.state(cases, "A-1")


@pytest.mark.parametrize(
    "state",
    [b"{}", b"not json", b'{"event":{"case_no":"A-1","mood":"good"}}', b"[]", b"\xff"],
)
def test_an_event_of_a_newer_shape_is_named_without_quoting_it(state: bytes) -> None:
    mapper = EntryMapper(None)  # type: ignore[arg-type]
    with pytest.raises(UnknownEvent, match="OfferAccepted") as error:
        mapper.to_domain_event(StoredEvent("case-A-1", 3, "OfferAccepted", state))
    assert "mood" not in str(error.value)


# Several processes -------------------------------------------------------------------------------


def test_six_services_starting_at_once_make_the_tables_once(settings: Settings) -> None:
    def start(_: int) -> int:
        with opened(settings) as running:
            return running.log.head()

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(start, range(6))) == [0] * 6


def test_what_another_process_wrote_is_seen_in_the_next_decision(teten: Teten) -> None:
    other = Log(teten.url)
    try:
        teten.log.handle(fresh(examples.establish()))
        other.handle(fresh(examples.register()))
        teten.log.handle(fresh(examples.offer()))
        other.handle(fresh(examples.accept_offer()))
        assert teten.log.state(cases, "A-1").stage is Stage.ACCEPTED
    finally:
        other.close()
