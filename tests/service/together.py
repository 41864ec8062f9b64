"""Asking for several things at the same moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event
from typing import Any

import pytest
from pydantic import create_model

from domain.words import COMMANDS, DECISIONS, Command, Refused, decides
from service.app import Teten
from service.log import Log
from tests import examples

numbers = count(1)
ids = (f"together-{number}" for number in numbers)


def fresh(command: Command, **but: Any) -> Command:
    return command.model_copy(update={"id": next(ids), **but})


def ten_offered(teten: Teten) -> Log:
    """A log in which a programme is established, and ten citizens were offered it."""
    teten.log.handle(fresh(examples.establish()))
    for number in range(10):
        case = {"case_no": f"A-{number}"}
        teten.log.handle(fresh(examples.register(**case)))
        teten.log.handle(fresh(examples.offer(**case)))
    return teten.log


@contextmanager
def deciding(decision: Callable[[], Any]) -> Iterator[Command]:
    """A command of this test alone, and what is decided of it."""

    Odd = create_model(f"Odd{next(numbers)}", __base__=Command)  # noqa: N806

    @decides(Odd)
    def _(ask: Command, past: Any) -> Any:
        return decision()

    try:
        yield Odd(**examples.ASKED | {"id": next(ids), "by": "x"})
    finally:
        del COMMANDS[Odd.__name__], DECISIONS[Odd]


@contextmanager
def gathered(log: Log) -> Iterator[None]:
    """What is asked inside waits until the end, and is then taken as one group."""
    hold, held = Event(), Event()

    def holding() -> None:
        held.set()
        hold.wait(30)
        raise Refused("held")

    with deciding(holding) as command:
        waiting = log._committer.submit(command, None)
        try:
            assert held.wait(30)
            yield
        finally:
            hold.set()
            with pytest.raises(Refused, match="held"):
                waiting.result(30)


def ask_all(log: Log, *commands: Command) -> list[Any]:
    """Ask them at the same moment. What each was answered, in order: its answer, or the error."""
    with gathered(log):
        futures = [log._committer.submit(each, None) for each in commands]
    return [future.exception(30) or future.result() for future in futures]


def transactions(log: Log, since: int) -> int:
    """How many there were that stored events after the position."""
    with log.pool.connection() as connection:
        found = connection.execute(
            "SELECT count(DISTINCT xmin::text) FROM log_events WHERE notification_id > %s", (since,)
        ).fetchone()
    assert found
    return int(found[0])


def accept_all() -> list[Command]:
    return [fresh(examples.accept_offer(case_no=f"A-{number}")) for number in range(10)]
