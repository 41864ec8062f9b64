"""Two people where it takes two: the database's own check, behind that of the decisions."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from domain.case import payouts
from domain.words import DECISIONS, Command, Event, News, Past, Recorded, Refused
from service import migrations
from service.answers import Answer, TwoPeopleNeeded
from service.app import Teten
from service.settings import Settings
from tests.conftest import fresh_database
from tests.domain.reckoning_duties import Duty, two_people_everywhere
from tests.everything import ALL
from tests.examples import (
    amend_line,
    approve_line,
    approve_tranche,
    assessing,
    establish,
    register,
    release_tranche,
    request_tranche,
)
from tests.service.stored import store
from tests.service.test_log import fresh

STEP = 9  # Of the tables, that brings the database's check.
# By events that have always said who it was.
NAMED = {"assesses", "claims", "attests", "raises", "recommends", "holds"}


def duties(url: str) -> set[Duty]:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT subject, duty, person FROM duties").fetchall()
    return {Duty(*row) for row in found}


@pytest.fixture(scope="module")
def everything(server: str) -> Iterator[str]:
    """A log in which everything happens, put there by plain SQL."""
    with fresh_database(server) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            migrations.migrate(connection)
            store(connection, ALL.log)
        yield url


@pytest.fixture(scope="module")
def empty(server: str) -> Iterator[str]:
    with fresh_database(server) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            migrations.migrate(connection)
        yield url


# What is written down -----------------------------------------------------------------------------


def test_the_database_tells_the_same_parts_as_the_events_do(everything: str) -> None:
    assert duties(everything) == two_people_everywhere(ALL.log)


def test_every_act_that_takes_two_people_happens_there(everything: str) -> None:
    told = {(each.subject.split()[0], each.duty) for each in duties(everything)}
    assert told == {
        *(("budget", "prepares"), ("budget", "assesses")),
        *(("tranche", "approves"), ("tranche", "orders"), ("tranche", "waives")),
        *(("payments", "grants"), ("payments", "orders")),
        *(("expense", "claims"), ("expense", "attests"), ("expense", "orders")),
        *(("claim", "raises"), ("claim", "settles")),
        *(("decision", "decides"), ("decision", "answers")),
        *(("amendment", "recommends"), ("amendment", "decides")),
        ("powers", "holds"),  # Who gave them is told below: in a story all commands have one id.
    }


@pytest.mark.parametrize("change", ["UPDATE duties SET person = 'x'", "DELETE FROM duties"])
def test_nobody_rewrites_who_did_what(everything: str, change: str) -> None:
    refused = pytest.raises(psycopg.errors.RaiseException, match="append-only")
    with psycopg.connect(everything) as connection, refused:
        connection.execute(change.encode())


@pytest.mark.parametrize("data_set", ["pilot", "practice"])
def test_nobody_has_two_parts_in_a_matter_of_the_data_sets(
    data_set: str, request: pytest.FixtureRequest
) -> None:
    imported: Teten = request.getfixturevalue(data_set)
    parts = two_people_everywhere(imported.log.everything())
    assert {each.duty for each in parts} >= {"prepares", "assesses", "grants", "orders"}
    assert duties(imported.url) == parts


# Whatever way it comes ----------------------------------------------------------------------------


# An event, and the one before it in the same matter that somebody else must have done.
SECOND = {
    "BudgetAssessed": "BudgetSubmitted",
    "LineGranted": "BudgetAssessed",
    "TrancheReleased": "TrancheApproved",
    "ReceiptsWaived": "TrancheReleased",
    "ExpenseApproved": "ExpenseAttested",
    "ClaimDecided": "ClaimRaised",
    "ClaimWrittenOff": "ClaimRaised",
    "AppealRejected": "ClaimDecided",
    "AppealUpheld": "ClaimDecided",
    "RefundOrdered": "AppealUpheld",
    "CofinancingAmended": "AmendmentRecommended",
    "AmendmentRejected": "AmendmentRecommended",
}


def same_matter(one: Recorded[Event], other: Recorded[Event]) -> bool:
    names = ("line_no", "fund")
    told = [(getattr(one.event, name, None), getattr(other.event, name, None)) for name in names]
    told += [(one.stream, other.stream), (_ref(one.event), _ref(other.event))]
    return all(a == b for a, b in told if a is not None and b is not None)


def _ref(event: Any) -> str | None:
    return getattr(event, "claim", None) or getattr(event, "ref", None)


@pytest.mark.parametrize(("second", "first"), SECOND.items())
def test_plain_sql_does_not_get_one_person_into_two_parts(
    empty: str, second: str, first: str
) -> None:
    """The log as it was before the second act; then that act by whoever did the first."""
    number, earlier = next(
        (number, each)
        for number, entry in enumerate(ALL.log)
        if type(entry.event).__name__ == second
        for each in ALL.log[:number]
        if type(each.event).__name__ == first and same_matter(each, entry)
    )
    forged = replace(ALL.log[number], actor=earlier.actor)
    with psycopg.connect(empty) as connection, connection.transaction(force_rollback=True):
        store(connection, ALL.log[:number])
        with pytest.raises(psycopg.errors.ExclusionViolation, match="it takes two people"):
            store(connection, [forged])
        store(connection, [ALL.log[number]])


@pytest.mark.parametrize("name", ["RolesAssigned", "TeamAssigned"])
def test_nobody_gives_themselves_powers(everything: str, name: str) -> None:
    programme = [each for each in ALL.log if each.stream == "programme-NP"]
    given = [each for each in programme if type(each.event).__name__ == name][-1]
    person: Any = given.event
    again = replace(given, version=900, command="another")
    with psycopg.connect(everything) as connection, connection.transaction(force_rollback=True):
        store(connection, [again])
        with pytest.raises(psycopg.errors.ExclusionViolation, match="already holds, and now gives"):
            store(connection, [replace(again, version=901, actor=person.person)])


def test_a_part_written_beside_the_log_is_refused_too(everything: str) -> None:
    refused = pytest.raises(psycopg.errors.UniqueViolation)
    with psycopg.connect(everything) as connection, refused:
        connection.execute(
            "INSERT INTO duties SELECT subject, 'orders', person FROM duties WHERE duty = 'approves'"
        )


# Behind the decisions -----------------------------------------------------------------------------


@pytest.fixture
def ready(teten: Teten) -> Teten:
    """A tranche that both-1 approved, who is a controller, too."""
    steps: list[Command] = [establish(), *assessing(), approve_line(), request_tranche()]
    for command in (*steps, approve_tranche(by="both-1")):
        teten.log.handle(fresh(command))
    return teten


@pytest.fixture
def unguarded(ready: Teten, monkeypatch: pytest.MonkeyPatch) -> Teten:
    """The same, in a version whose decision forgot to ask who approved."""

    def release(ask: Command, past: Past) -> Sequence[News]:
        return payouts.release(ask.model_copy(update={"by": "fin-1"}), past)  # type: ignore[arg-type]

    decisions: dict[Any, Any] = DECISIONS
    monkeypatch.setitem(decisions, payouts.ReleaseTranche, release)
    return ready


def test_a_decision_without_its_guard_is_stopped_by_the_database(unguarded: Teten) -> None:
    head = unguarded.log.head()
    with pytest.raises(TwoPeopleNeeded, match="both-1 already approves, and now orders"):
        unguarded.log.handle(fresh(release_tranche(by="both-1")))
    assert unguarded.log.head() == head
    unguarded.log.handle(fresh(release_tranche(by="fin-1")))


def test_who_asked_at_the_same_time_is_answered_as_ever(unguarded: Teten) -> None:
    others = [
        register(case_no=f"B-{number}", citizen=f"citizen-{number:016x}") for number in range(5)
    ]
    asked = [fresh(each) for each in (*others, release_tranche(by="both-1"), amend_line())]

    async def together() -> list[Any]:
        return await asyncio.gather(*map(unguarded.log.ask, asked), return_exceptions=True)

    *registered, released, amended = asyncio.run(together())
    assert isinstance(released, TwoPeopleNeeded)
    assert all(isinstance(each, Answer) for each in (*registered, amended))


def test_with_its_guard_it_is_refused_before(ready: Teten) -> None:
    with pytest.raises(Refused, match="same_person"):
        ready.log.handle(fresh(release_tranche(by="both-1")))


# What was stored before ---------------------------------------------------------------------------


def test_an_older_log_gets_its_parts_from_what_its_events_name(settings: Settings) -> None:
    """Two parts of one person, from before this was asked for, are history."""
    forgotten = [replace(each, actor="kons-1") for each in ALL.log]
    with psycopg.connect(settings.database_url or "", autocommit=True) as connection:
        for step in migrations.steps():
            if step.version == STEP:
                store(connection, forgotten)
            connection.execute(step.sql)
    named = duties(settings.database_url or "")
    certain = {each for each in two_people_everywhere(ALL.log) if each.duty in NAMED}
    assert certain <= named
    assert not {each.duty for each in named} & {"gives"}
