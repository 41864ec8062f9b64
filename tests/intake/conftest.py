"""Two cases in a database of their own, with money out for which vouchers are wanted."""

from collections.abc import Callable, Iterator

import pytest

from domain.voucher import Channel
from service.app import Teten
from service.intake.receiving import Arrival, Received, receive
from tests import examples
from tests.intake.pictures import SHARED
from tests.service.test_overdocumented import enter

CITIZEN, OTHER = "citizen-0123456789abcdef", "citizen-" + "b" * 16
Receive = Callable[..., Received]


@pytest.fixture(scope="session", autouse=True)
def _its_child_is_ended() -> Iterator[None]:
    yield
    SHARED.__exit__(None, None, None)


@pytest.fixture
def cases(teten: Teten) -> Teten:
    """A-1 is kons-1's, with 5,000 kr. out on line 1; B-1 is kons-2's."""
    enter(teten, examples.establish(), *examples.assessing())
    enter(teten, examples.approve_line(), *examples.payment())
    enter(teten, examples.register(case_no="B-1", caseworker="kons-2", citizen=OTHER))
    return teten


@pytest.fixture
def arrives(cases: Teten) -> Receive:
    """A file arrives, for case A-1 unless it is said otherwise."""

    def arrive(content: bytes, key: str = "", **but: object) -> Received:
        told = {"by": "system", "channel": Channel.FOLDER, "case_no": "A-1"} | but
        arrival = Arrival(programme="NP", content=content, **told)  # type: ignore[arg-type]
        return receive(cases, arrival, key or f"test/{len(content)}/{hash(content)}", "a test")

    return arrive
