"""Commands asked from an event loop, as the handlers of the web server do; and a log that is closed."""

import asyncio
from threading import Thread
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from domain.words import Command
from service.answers import Answer
from service.app import Teten
from service.log import Log
from tests import examples
from tests.service.together import accept_all, deciding, fresh, gathered, ten_offered


@pytest.fixture(name="log")
def _log(teten: Teten) -> Log:
    return ten_offered(teten)


# From an event loop ------------------------------------------------------------------------------


def test_a_handler_of_the_web_server_awaits_its_answer(log: Log) -> None:
    app = FastAPI()

    def command(case_no: str) -> Command:
        return fresh(examples.accept_offer(case_no=case_no))

    @app.post("/accept/{case_no}")
    async def _(asked: Annotated[Command, Depends(command)]) -> Answer:
        return await log.ask(asked)

    answered = TestClient(app).post("/accept/A-0").json()
    assert answered["first_position"] == log.head()


def test_many_that_wait_in_one_loop_are_each_answered(log: Log) -> None:
    async def ask() -> list[Any]:
        wishes = [log.ask(each) for each in (*accept_all(), *accept_all())]
        return await asyncio.gather(*wishes, return_exceptions=True)

    told = asyncio.run(ask())
    assert [getattr(each, "code", "done") for each in told] == ["done"] * 10 + ["wrong_state"] * 10


def test_who_stops_waiting_holds_up_nobody(log: Log) -> None:
    gone, stays = accept_all()[:2]

    async def ask() -> Answer:
        waiting = asyncio.ensure_future(log.ask(gone))
        await asyncio.sleep(0)
        waiting.cancel()
        return await log.ask(stays)

    assert asyncio.run(ask()).command == stays.id
    assert log.handle(gone).again  # It was done all the same: whoever asks again is told.


def test_a_log_that_is_closed_answers_first_who_asked_before(log: Log) -> None:
    with gathered(log):
        waiting = log._committer.submit(accept_all()[0], None)
        closing = Thread(target=log._committer.close)
        closing.start()
    assert waiting.result(30).last_position == log.head()
    closing.join(30)


def test_a_log_that_is_closed_answers_an_event_loop_that_asked_before(log: Log) -> None:
    async def ask() -> list[Any]:
        waiting = asyncio.gather(*map(log.ask, accept_all()), return_exceptions=True)
        await asyncio.sleep(0)
        closing = asyncio.to_thread(log.close)
        told, _ = await asyncio.wait_for(asyncio.gather(waiting, closing), 30)
        return list(told)

    told = asyncio.run(ask())
    again = Log(log.url)
    try:
        stored = {event.command for event in again.everything()}
    finally:
        again.close()
    assert [type(each) for each in told] == [Answer] * 10
    assert {each.command for each in told} <= stored


def test_what_can_not_be_kept_for_want_of_something_keeps_nobody_waiting(log: Log) -> None:
    def keep(_: psycopg.Cursor[Any]) -> None:
        next(iter(()))

    async def ask() -> list[Any]:
        bad, good = accept_all()[:2]
        wishes = [log.ask(bad, keep), log.ask(good)]
        return await asyncio.wait_for(asyncio.gather(*wishes, return_exceptions=True), 30)

    failed, answer = asyncio.run(ask())
    assert isinstance(failed, RuntimeError)
    assert isinstance(answer, Answer)


def test_the_same_command_asked_twice_in_one_loop_is_done_once(log: Log) -> None:
    command = fresh(examples.accept_offer(case_no="A-0"))

    async def ask() -> list[Any]:
        return list(await asyncio.gather(log.ask(command), log.ask(command)))

    first, again = asyncio.run(ask())
    assert again == first.model_copy(update={"again": True})


def test_a_closed_log_takes_no_more(settings: Any, teten: Teten) -> None:
    closed = Log(teten.url)
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        closed.handle(fresh(examples.establish()))


def test_a_decision_that_looks_for_what_is_not_there_keeps_nobody_waiting(log: Log) -> None:
    async def ask(looking: Command) -> list[Any]:
        wishes = [log.ask(looking), log.ask(accept_all()[0])]
        return await asyncio.wait_for(asyncio.gather(*wishes, return_exceptions=True), 30)

    with deciding(lambda: next(iter(()))) as looking:
        failed, answer = asyncio.run(ask(looking))
    assert isinstance(failed, RuntimeError)
    assert answer.last_position == log.head()
