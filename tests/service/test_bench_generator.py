"""A made-up log is one that real decisions could have written."""

import json
from collections import Counter
from itertools import chain, pairwise

import pytest

from domain.fund import funds
from domain.words import COMMANDS, Command, decide
from projections.ledger import ledger, postings
from service import doctor
from service.app import Teten
from service.bench.generator import Done, generate
from service.bench.life import Memory
from service.bench.storing import LogNotEmpty, store

EVENTS_MADE = 3_000


@pytest.fixture(scope="module")
def made() -> list[Done]:
    return list(generate(EVENTS_MADE, cases_of_a_programme=25))


def asked(done: Done) -> Command:
    return COMMANDS[done.name].model_validate({**json.loads(done.asked), "at": done.at})


def test_it_has_just_as_many_events_as_were_wanted(made: list[Done]) -> None:
    assert sum(len(done.events) for done in made) == EVENTS_MADE


@pytest.mark.parametrize("events", range(200, 206))
def test_it_is_filled_up_with_what_could_have_been_done_next(events: int) -> None:
    made = list(generate(events))
    assert sum(len(done.events) for done in made) == events
    has_no_gaps(made)
    is_decided_anew(made)


def test_deciding_every_command_anew_gives_the_same_events(made: list[Done]) -> None:
    is_decided_anew(made)


def is_decided_anew(made: list[Done]) -> None:
    past = Memory()
    for done in made:
        command = asked(done)
        assert command.digest() == done.digest
        news = decide(command, past)
        past.learns(news)
        assert [
            (new.stream, type(new.event).__name__, new.event.model_dump(mode="json"))
            for new in news
        ] == [(each.stream, each.topic, json.loads(each.state)["event"]) for each in done.events]


def test_an_entry_says_who_asked_for_it_and_when(made: list[Done]) -> None:
    for done in made:
        for each in done.events:
            told = json.loads(each.state)
            assert (told["actor"], told["command"]) == (done.by, done.id)
            assert (told["digest"], told["effective_on"]) == (done.digest, done.effective_on)
            assert told["at"] == told["recorded_at"] == done.at


def has_no_gaps(made: list[Done]) -> None:
    versions = Counter[str]()
    for each in chain.from_iterable(done.events for done in made):
        versions[each.stream] += 1
        assert each.version == versions[each.stream]


def test_streams_have_no_gaps_and_time_goes_forward(made: list[Done]) -> None:
    has_no_gaps(made)
    at = [done.at for done in made]
    assert at == sorted(at)


def test_cases_of_several_programmes_go_on_at_a_time(made: list[Done]) -> None:
    order = [done.programme for done in made]
    changes = sum(before != after for before, after in pairwise(order))
    assert changes > len(set(order))


def test_the_same_seed_gives_the_same_log_and_another_seed_another() -> None:
    assert list(generate(500, seed=7)) == list(generate(500, seed=7))
    assert list(generate(500, seed=7)) != list(generate(500, seed=8))


def test_too_few_events_for_a_case_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        list(generate(3))


def test_a_stored_one_is_in_good_health_and_balances(teten: Teten, made: list[Done]) -> None:
    assert store(teten.url, made) == EVENTS_MADE
    told = list(teten.log.everything())
    assert [each.position for each in told] == list(range(1, EVENTS_MADE + 1))
    assert sum(posting.amount.ore for each in told for posting in postings(each.event)) == 0
    assert [check.name for check in doctor.examine(teten) if not check.ok] == []
    fund = teten.log.state(funds, "P0001", "AARHUS")
    with teten.rows.snapshot() as snapshot:
        books = snapshot.all(ledger, "case-P0001")
    assert fund.available.ore > 0 < fund.committed.ore
    entries = [entry for book in books.values() for entry in book.entries]
    assert entries
    assert all(sum(each.amount.ore for each in entry.postings) == 0 for entry in entries)


def test_a_stored_command_asked_again_gets_the_answer_that_it_got(
    teten: Teten, made: list[Done]
) -> None:
    store(teten.url, made)
    for done in made[::50]:
        answer = teten.log.handle(asked(done))
        assert answer.again
        assert answer.last_position - answer.first_position + 1 == len(done.events)


def test_the_log_goes_on_after_it(teten: Teten, made: list[Done]) -> None:
    store(teten.url, made)
    use = next(asked(done) for done in made if done.name == "ReportCardUse")
    answer = teten.log.handle(use.model_copy(update={"id": "one more"}))
    assert answer.first_position == EVENTS_MADE + 1


def test_nothing_is_added_to_a_log_that_is_not_empty(teten: Teten, made: list[Done]) -> None:
    store(teten.url, made[:10])
    with pytest.raises(LogNotEmpty, match="empty"):
        store(teten.url, made)
