"""A connection that breaks around a commit: every command of the group ends once, with the right answer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from domain.case import cases
from domain.words import Command, Refused
from service import lines
from service.answers import Answer, CommandIdReused, Unanswered
from service.app import Teten, opened
from service.log import Log
from service.settings import Settings
from tests import examples
from tests.crashes.proxy import Moment, Proxy, through_proxy

CLIENTS = 12
Outcome = Answer | Exception


@pytest.fixture
def teten(settings: Settings) -> Iterator[Teten]:
    """By the straight way: to look at what there is."""
    with opened(settings) as running:
        running.log.handle(examples.establish(id="establish"))
        running.log.handle(examples.register(id="register"))
        running.log.handle(examples.offer(id="offer"))
        yield running


@pytest.fixture
def proxied(settings: Settings, teten: Teten) -> Iterator[tuple[Proxy, Log]]:
    """The same database, by a way that may be cut."""
    with through_proxy(settings.database_url or "") as (proxy, url):
        log = Log(url)
        yield proxy, log
        proxy.flowing.set()
        log.close()


def a_group() -> list[Command]:
    """Eight that are done, one that is asked twice, one that is refused, and one whose id is another's."""
    uses = [examples.use_card(id=f"use-{number}") for number in range(8)]
    twice = examples.accept_offer(id="accept")
    return [*uses, twice, twice, examples.assess(id="assess"), examples.offer(id="register")]


def from_threads(log: Log, commands: Sequence[Command]) -> list[Outcome]:
    def ask(command: Command) -> Outcome:
        try:
            return log.handle(command)
        except Exception as error:  # noqa: BLE001 - whatever a client meets is looked at
            return error

    with ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(ask, commands))


def from_tasks(log: Log, commands: Sequence[Command]) -> list[Outcome]:
    async def ask() -> list[Any]:
        return await asyncio.gather(*map(log.ask, commands), return_exceptions=True)

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [from_threads, from_tasks])
@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_an_ambiguous_commit_ends_in_one_event_and_one_answer(
    teten: Teten,
    proxied: tuple[Proxy, Log],
    moment: Moment,
    ask: Callable[[Log, Sequence[Command]], list[Outcome]],
) -> None:
    proxy, log = proxied
    commands = a_group()
    proxy.cut(moment, times=2)  # The first that comes, and the group that has gathered meanwhile.
    outcomes = ask(log, commands)
    assert (proxy.cuts, proxy.pending()) == (2, 0)

    *done, refused, reused = outcomes
    assert isinstance(refused, Refused)
    assert refused.code == "wrong_state"
    assert isinstance(reused, CommandIdReused)
    for command, outcome in zip(commands, done, strict=False):
        assert isinstance(outcome, Answer)
        events = teten.log.after(outcome.first_position - 1, 1)
        assert [event.command for event in events] == [command.id]
    assert done[8].first_position == done[9].first_position  # type: ignore[union-attr]
    kinds = Counter(type(event.event).__name__ for event in teten.log.everything())
    assert (kinds["CardUsed"], kinds["OfferAccepted"], kinds["BudgetAssessed"]) == (8, 1, 0)
    assert log.handle(commands[0]).again
    assert log.state(cases, "A-1") == teten.log.state(cases, "A-1")


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_what_is_kept_beside_a_commands_events_is_kept_once(
    teten: Teten, proxied: tuple[Proxy, Log], moment: Moment
) -> None:
    proxy, log = proxied
    with teten.log.pool.connection() as connection:
        connection.execute("CREATE TABLE kept (what text)")
    proxy.cut(moment)

    def keep(curs: psycopg.Cursor[Any]) -> None:
        curs.execute("INSERT INTO kept VALUES ('use')")

    log.handle(examples.use_card(id="use"), keep)
    assert proxy.cuts == 1
    with teten.log.pool.connection() as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == [("use",)]


@pytest.mark.parametrize("case_no", ["A-1", "B-1"], ids=["a-case-in-memory", "a-case-to-be-read"])
def test_a_server_that_stalls_keeps_nobody_waiting_for_ever(
    teten: Teten, proxied: tuple[Proxy, Log], monkeypatch: pytest.MonkeyPatch, case_no: str
) -> None:
    """Neither an answer nor an end of the connection: they are told so, and their command stays whole."""
    monkeypatch.setattr(lines, "PATIENCE", 1)
    proxy, log = proxied
    teten.log.handle(examples.register(id="other", case_no="B-1"))
    log.handle(examples.use_card(id="before"))
    command = examples.use_card(id="stalled", case_no=case_no)
    proxy.flowing.clear()
    waiting = log._committer.submit(command, None)
    with pytest.raises(Unanswered, match="stalled"):
        waiting.result(15)

    proxy.flowing.set()  # And the service goes on as it is.
    answer = log.handle(command)
    assert log.handle(command) == answer.model_copy(update={"again": True})
    assert log.handle(examples.use_card(id="after")).again is False
    kinds = Counter(type(event.event).__name__ for event in teten.log.everything())
    assert kinds["CardUsed"] == 3
