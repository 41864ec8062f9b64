"""Sessions: on the server, with limits, and ended when somebody says so."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from domain.programme import Role
from service.access.principal import Kind, Means, Principal
from service.access.sessions import ABSOLUTE, IDLE, Sessions
from service.app import Teten

KONS = Principal(
    kind=Kind.STAFF, means=Means.OIDC, person="kons-1", roles=frozenset({Role.CASEWORKER})
)
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(teten: Teten, clock: Clock) -> Sessions:
    return Sessions(teten.log.pool, clock)


def test_a_token_says_whose_session_it_is_and_is_kept_nowhere(
    sessions: Sessions, teten: Teten
) -> None:
    token = sessions.begin(KONS)
    found = sessions.find(token)
    assert found and found.principal == KONS
    assert sessions.find(sessions.begin(KONS)) != found  # Each page token is of one session.
    with psycopg.connect(teten.url) as connection:
        kept = connection.execute("SELECT s::text FROM access.sessions s").fetchall()
    assert token not in str(kept) and found.csrf not in str(kept)


def test_a_token_that_nobody_was_given_is_nobodys(sessions: Sessions) -> None:
    sessions.begin(KONS)
    assert sessions.find("") is None
    assert sessions.find("x" * 43) is None


def test_a_session_that_is_used_goes_on_until_its_absolute_end(
    sessions: Sessions, clock: Clock
) -> None:
    token = sessions.begin(KONS)
    while clock.at < START + ABSOLUTE - IDLE:
        clock.at += IDLE - SECOND
        assert sessions.find(token)
    clock.at = START + ABSOLUTE - SECOND
    assert sessions.find(token)
    clock.at = START + ABSOLUTE
    assert sessions.find(token) is None


def test_a_session_that_nobody_uses_ends(sessions: Sessions, clock: Clock) -> None:
    token = sessions.begin(KONS)
    clock.at += IDLE - SECOND
    assert sessions.find(token)
    clock.at += IDLE
    assert sessions.find(token) is None


def test_a_session_that_was_ended_does_not_come_back(sessions: Sessions) -> None:
    one, other = sessions.begin(KONS), sessions.begin(KONS)
    sessions.end(one)
    assert sessions.find(one) is None and sessions.find(other)


def test_all_of_a_person_are_ended_at_once_and_no_one_elses(sessions: Sessions) -> None:
    fin = KONS.model_copy(update={"person": "fin-1"})
    tokens, others = [sessions.begin(KONS), sessions.begin(KONS)], sessions.begin(fin)
    assert sessions.end_of("kons-1") == 2
    assert not any(sessions.find(each) for each in tokens)
    assert sessions.find(others)


def test_what_has_ended_is_cleared_away(sessions: Sessions, clock: Clock, teten: Teten) -> None:
    sessions.begin(KONS)
    clock.at += ABSOLUTE
    sessions.begin(KONS)
    with psycopg.connect(teten.url) as connection:
        assert connection.execute("SELECT count(*) FROM access.sessions").fetchone() == (1,)
