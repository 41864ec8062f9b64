"""The checker itself: whatever is not as it was told, it sees."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from domain.fund import CommitmentReleased, FundAgreed, FundCommitted
from domain.money import kr
from domain.words import Refused
from service.app import Teten, opened
from service.settings import Settings
from tests import examples
from tests.crashes.acknowledgements import Journal
from tests.crashes.checking import Checker
from tests.crashes.oracle import Oracle, Trouble
from tests.crashes.witness import Seen

USE, NO = examples.use_card(id="use"), examples.assess(id="no")


class Told:
    """A log in which something was done and something refused, and what a client was told of it."""

    def __init__(self, teten: Teten) -> None:
        self.teten = teten
        self.path = teten.settings.home / "journal.jsonl"
        self.journal = Journal(self.path)
        for command in (examples.establish(id="establish"), examples.register(id="register"), USE):
            self.journal.asked(command)
            answer = teten.log.handle(command)
            self.last = answer.last_position
            first, again = answer.first_position, answer.again
            self.journal.done(command, first, self.last, again=again)
        self.journal.asked(NO)
        with pytest.raises(Refused) as no:
            teten.log.handle(NO)
        self.journal.refused(NO, no.value)
        teten.rows.catch_up()

    def sql(self, statement: str) -> None:
        """As somebody could whom no trigger holds up."""
        with psycopg.connect(self.teten.url) as connection:
            connection.execute("ALTER TABLE log_events DISABLE TRIGGER append_only")
            connection.execute("ALTER TABLE commands DISABLE TRIGGER append_only")
            connection.execute(statement)

    def kinds(self, *witnesses: Path) -> set[str]:
        """What kinds of trouble the checker finds."""
        checker = Checker()
        with opened(self.teten.settings) as teten:
            checker.check(teten, [self.path])
            checker.check_all(teten, witnesses)
        return {trouble.kind for trouble in checker.troubles}


@pytest.fixture
def told(settings: Settings) -> Iterator[Told]:
    with opened(settings) as teten:
        yield Told(teten)


def answered_and_never_stored(told: Told) -> None:
    command = examples.use_card(id="lost")
    told.journal.asked(command)
    told.journal.done(command, told.last + 1, told.last + 1, again=False)


def an_event_is_gone(told: Told) -> None:
    told.sql("DELETE FROM log_events WHERE topic = 'CardUsed'")


def an_answer_is_gone(told: Told) -> None:
    told.sql("DELETE FROM commands WHERE id = 'use'")


def an_event_is_there_twice(told: Told) -> None:
    told.sql(
        "INSERT INTO log_events SELECT originator_id, originator_version + 1, topic, state,"
        " notification_id + 1 FROM log_events WHERE topic = 'CardUsed'"
    )


def done_anew_for_two_clients(told: Told) -> None:
    told.journal.done(USE, told.last, told.last, again=False)


def told_two_things(told: Told) -> None:
    told.journal.done(USE, told.last - 1, told.last, again=True)


def refused_and_done_all_the_same(told: Told) -> None:
    told.journal.refused(USE, Refused("wrong_state"))


def refused_for_another_reason(told: Told) -> None:
    told.sql("UPDATE commands SET code = 'forbidden' WHERE id = 'no'")


def another_is_said_to_have_the_id(told: Told) -> None:
    told.journal.write("reused", command=USE.id, digest=USE.digest())


def nobody_asked_for_it(told: Told) -> None:
    told.teten.log.handle(examples.use_card(id="nobody"))


def a_position_is_missing(told: Told) -> None:
    told.sql("UPDATE log_events SET notification_id = notification_id + 1 WHERE topic = 'CardUsed'")
    told.sql("UPDATE commands SET first_position = first_position + 1 WHERE id = 'use'")


def a_version_is_missing(told: Told) -> None:
    told.sql("UPDATE log_events SET originator_version = 9 WHERE topic = 'CardUsed'")


def a_row_is_not_what_it_was(told: Told) -> None:
    told.sql("DELETE FROM projections.rows WHERE projection LIKE 'journeys%'")


def a_follower_counted_an_event_twice(told: Told) -> None:
    told.sql("UPDATE projections.progress SET seen = seen + 1 WHERE projection LIKE 'ledger%'")


def a_client_met_what_it_could_not_understand(told: Told) -> None:
    told.journal.write("unclear", command="use", error="KeyError")


def a_follower_died(told: Told) -> None:
    told.journal.write("follower died")


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (answered_and_never_stored, "lost"),
        (an_event_is_gone, "lost"),
        (an_answer_is_gone, "lost"),
        (an_event_is_there_twice, "doubled"),
        (done_anew_for_two_clients, "doubled"),
        (told_two_things, "wrong"),
        (refused_and_done_all_the_same, "wrong"),
        (refused_for_another_reason, "wrong"),
        (another_is_said_to_have_the_id, "wrong"),
        (nobody_asked_for_it, "wrong"),
        (a_position_is_missing, "skipped"),
        (a_version_is_missing, "wrong"),
        (a_row_is_not_what_it_was, "differs"),
        (a_follower_counted_an_event_twice, "differs"),
        (a_client_met_what_it_could_not_understand, "wrong"),
        (a_follower_died, "wrong"),
    ],
)
def test_the_checker_sees(told: Told, plant: Callable[[Told], None], kind: str) -> None:
    plant(told)
    assert kind in told.kinds()


def test_the_checker_finds_nothing_where_all_is_well(told: Told) -> None:
    asked_and_never_answered = examples.use_card(id="unanswered")
    told.journal.asked(asked_and_never_answered)
    assert told.kinds() == set()


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (lambda events: [events[0], *events[2:]], "skipped"),
        (lambda events: [events[1], events[0], *events[2:]], "skipped"),
        (lambda events: [*events, (events[-1][0] + 1, "case-A-1", 3)], "lost"),
    ],
    ids=["an-event-skipped", "out-of-order", "an-event-that-is-gone"],
)
def test_the_checker_hears_the_witnesses(
    told: Told, seen: Callable[[list[Seen]], list[Seen]], kind: str
) -> None:
    events = [(each.position, each.stream, each.version) for each in told.teten.log.everything()]
    path = told.path.with_name("witness.jsonl")
    Journal(path).write("seen", events=seen(events))
    assert kind in told.kinds(path)


def test_the_oracle_sees_a_fund_that_is_promised_past_its_amount() -> None:
    troubles: list[Trouble] = []
    oracle = Oracle(troubles.append)
    fund = {"programme": "NP", "fund": "AARHUS"}
    line = fund | {"case_no": "A-1", "line_no": 1}
    oracle._funds(FundAgreed(**fund, name="Aarhus Kommune", amount=kr(10)))
    oracle._funds(FundCommitted(**line, amount=kr(8)))
    oracle._funds(CommitmentReleased(**line, amount=kr(1)))
    oracle._funds(FundCommitted(**line, amount=kr(3)))
    assert troubles == []
    oracle._funds(FundCommitted(**line, amount=kr(0, 1)))
    assert [trouble.says for trouble in troubles] == ["fund AARHUS is promised past its amount"]
