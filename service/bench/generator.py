"""Logs of any number of events: what deciding every command would have stored, made much faster.

Cases of programmes of some 200 citizens each, a few hundred of them going on at a time, in the order
in which their commands were asked; the same seed gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from itertools import islice
from random import Random
from typing import NamedTuple

from domain.case.payouts import CardUsed, ReportCardUse
from domain.case.state import cases, months_later
from domain.money import Money, kr
from domain.programme import EstablishProgramme
from domain.remittance import ReceiveStatement, StatementEntry, StatementReceived, statements
from domain.words import Command, News, decide
from service.bench import scheme
from service.bench.life import Memory, Step
from service.bench.stamps import MAPPER, CommandStamp, Stamp, of_numbers, stamp
from service.entries import Entry

BEGIN = date(2001, 1, 1)  # A Monday.
HISTORIES = 40
WEEKS_OF_INTAKE = 80
WEEKS_BETWEEN_PROGRAMMES, WEEKS_AT_MOST = 12, 40 * 52
AT_THE_BANK = kr(10_000_000)


class Stored(NamedTuple):
    stream: str
    version: int
    topic: str
    state: bytes


class Done(NamedTuple):
    """A command that was done, and its events."""

    id: str
    name: str
    asked: str  # As JSON: what the digest is made of.
    digest: str
    programme: str
    by: str
    at: str
    effective_on: str
    events: list[Stored]


@dataclass
class Programme:
    """What its cases share."""

    id: str
    first: date
    cases: int
    balance: Money = AT_THE_BANK
    funds: dict[str, list[int]] = field(default_factory=dict)  # Version, and øre left.

    def moved(self, fund: str, commits: int) -> int:
        """The fund's version, once it has committed so much."""
        known = self.funds[fund]
        known[0] += 1
        known[1] -= commits
        return known[0]


class Citizen:
    """One case of a programme: a stamp, and what is filled in."""

    def __init__(self, programme: Programme, number: int, stamp: Stamp, dice: Random) -> None:
        weeks = (number - 1) * WEEKS_OF_INTAKE // programme.cases
        self.programme, self.stamp = programme, stamp
        self.case_no = f"{programme.id}-{number:03d}"
        self.first = programme.first + timedelta(weeks=2 + weeks)
        self.delay = dice.randrange(3_600)  # Seconds: not everybody comes at eight.
        self.step, self.version = 0, 0
        self._hash = f"{dice.getrandbits(48):012x}"
        self.values: dict[str, str] = {}

    def begin(self) -> None:
        days = {n: self.first + timedelta(days=n) for n in self.stamp.days}
        self.values = {f"d{n}": day.isoformat() for n, day in days.items()}
        self.values |= {"programme": self.programme.id, "case": self.case_no, "hash": self._hash}
        if self.stamp.granted is not None:
            end = months_later(days[self.stamp.granted], scheme.MONTHS)
            self.values["end"] = end.isoformat()

    @property
    def next(self) -> CommandStamp:
        return self.stamp.commands[self.step]

    @property
    def seconds(self) -> int:
        """When the next command is asked, since the calendar began. The bank writes to all at once."""
        delay = 0 if self.next.entry else self.delay
        day = self.first.toordinal() + self.next.days
        return (day * 1_440 + self.next.minutes) * 60 + delay

    def at(self) -> str:
        minutes, seconds = divmod(self.seconds % 86_400, 60)
        clock = f"T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}+00:00"
        return self.values[f"d{self.next.days}"] + clock

    def does(self) -> Done:
        """The next command."""
        step, values = self.next, self.values
        at = self.at()
        values["at"] = at
        values["command"] = f"{self.case_no}/{self.step + 1}"
        asked = step.asked % values
        values["digest"] = digest = sha256(f"{step.name} {asked}".encode()).hexdigest()
        return Done(
            id=values["command"],
            name=step.name,
            asked=asked,
            digest=digest,
            programme=self.programme.id,
            by=step.by,
            at=at,
            effective_on=values[f"d{step.days}"],
            events=self.events(),
        )

    def events(self) -> list[Stored]:
        """Those of the next command, and on to the one after."""
        values, stored = self.values, []
        for event in self.next.events:
            version = event.version
            if version is None:
                version = self.programme.moved(event.fund, event.commits)
            elif event.fund:
                values["fund_left"] = str(Money(self.programme.funds[event.fund][1]))
            stream = event.stream % values
            if stream.startswith("case-"):
                self.version = version
            stored.append(Stored(stream, version, event.topic, (event.state % values).encode()))
        self.step += 1
        return stored


def generate(events: int, seed: int = 1, cases_of_a_programme: int = 200) -> Iterator[Done]:
    """Commands with just that many events, in the order in which they were asked."""
    histories = of_numbers(HISTORIES)
    chosen: list[Stamp] = []
    planned = 0
    while planned < events:
        chosen.append(histories[len(chosen) % len(histories)])
        planned += chosen[-1].events
    written = 0
    latest: tuple[str, int, Done] | None = None  # Case, its version, and what was done last.
    for citizen, done in _history(_citizens(chosen, seed, cases_of_a_programme)):
        if written + len(done.events) > events:
            break
        written += len(done.events)
        if citizen:
            latest = citizen.case_no, citizen.version, done
        yield done
    if not latest:
        raise ValueError(f"{events} events are too few for a single case")
    for number in range(1, events - written + 1):
        yield _card_use(*latest, number)


def generate_cases(steps: Sequence[Step], cases: int, cases_of_a_programme: int) -> Iterator[Done]:
    """So many cases that all went the same way as far as that."""
    chosen = [stamp(steps)] * cases
    for _, done in _history(_citizens(chosen, 1, cases_of_a_programme)):
        yield done


def _citizens(chosen: Sequence[Stamp], seed: int, cases_of_a_programme: int) -> list[Citizen]:
    dice = Random(seed)  # nosec B311 # noqa: S311 - the same log every time
    sizes = [
        min(cases_of_a_programme, len(chosen) - begun)
        for begun in range(0, len(chosen), cases_of_a_programme)
    ]
    between = max(1, min(WEEKS_BETWEEN_PROGRAMMES, WEEKS_AT_MOST // len(sizes)))
    everyone, whose = [], iter(chosen)
    for number, size in enumerate(sizes, start=1):
        first = BEGIN + timedelta(weeks=(number - 1) * between)
        programme = Programme(f"P{number:04d}", first, size)
        mine = list(islice(whose, size))
        dice.shuffle(mine)
        everyone += [Citizen(programme, n, each, dice) for n, each in enumerate(mine, start=1)]
    return everyone


def _history(everyone: Sequence[Citizen]) -> Iterator[tuple[Citizen | None, Done]]:
    """Who comes next, and what is done. Only the cases that are going on are kept at hand."""
    waiting = iter(sorted(everyone, key=lambda each: (each.seconds, each.case_no)))
    coming = next(waiting, None)
    going_on: list[tuple[int, str, Citizen]] = []
    begun: set[str] = set()
    while coming or going_on:
        while coming and (not going_on or coming.seconds <= going_on[0][0]):
            coming.begin()
            if coming.programme.id not in begun:
                begun.add(coming.programme.id)
                yield None, _establish(coming.programme, coming.at())
            heappush(going_on, (coming.seconds, coming.case_no, coming))
            coming = next(waiting, None)
        seconds, _, citizen = heappop(going_on)
        group = [citizen]
        if citizen.next.entry:
            group += _also_in_the_statement(going_on, seconds, citizen.programme)
            yield citizen, _statement(group)
        else:
            yield citizen, citizen.does()
        for each in group:
            if each.step < len(each.stamp.commands):
                heappush(going_on, (each.seconds, each.case_no, each))
            else:
                each.values = {}


def _also_in_the_statement(
    going_on: list[tuple[int, str, Citizen]], seconds: int, programme: Programme
) -> Iterator[Citizen]:
    """The programme's other cases with an entry of the same moment. Case numbers keep them together."""
    while going_on and going_on[0][0] == seconds and going_on[0][2].programme is programme:
        yield heappop(going_on)[2]


def _establish(programme: Programme, at: str) -> Done:
    """On the day on which its first citizen comes, and as of its own first day."""
    asked = EstablishProgramme(
        id=f"{programme.id}/programme",
        by=scheme.SYSTEM,
        at=datetime.fromisoformat(at),
        programme=programme.id,
        effective_on=programme.first,
        terms=scheme.terms(programme.first, programme.first + timedelta(weeks=104)),
        funding=scheme.funding(programme.cases),
        staff=scheme.STAFF,
    )
    programme.funds = {each.id: [1, each.amount.ore] for each in asked.funding}
    return _done(asked, _stored(asked, decide(asked, Memory())))


def _statement(group: Sequence[Citizen]) -> Done:
    """All that the bank booked for the programme's cases in a week."""
    programme, at = group[0].programme, group[0].at()
    entries = tuple(
        StatementEntry.model_validate_json((each.next.entry or "") % each.values) for each in group
    )
    moves = Counter[str]()
    for entry in entries:
        moves[entry.indicator] += entry.amount.ore
    opening = programme.balance
    programme.balance = Money(opening.ore - moves["DBIT"] + moves["CRDT"])
    name = f"{programme.id}-{at[:10]}"
    asked = ReceiveStatement(
        id=f"{programme.id}/bank/{at[:10]}",
        by=scheme.SYSTEM,
        at=datetime.fromisoformat(at),
        programme=programme.id,
        effective_on=date.fromisoformat(at[:10]),
        statement=name,
        file=f"bank/{name}.xml",
        sha256=sha256(name.encode()).hexdigest(),
        account=scheme.BANK_ACCOUNT,
        opening=opening,
        closing=programme.balance,
        entries=entries,
    )
    received = StatementReceived(
        programme=programme.id,
        **{
            name: getattr(asked, name)
            for name in StatementReceived.model_fields
            if name != "programme"
        },
    )
    done = _done(asked, _stored(asked, [statements.news(received, programme.id, name)]))
    for each in group:
        each.values |= {"at": at, "command": done.id, "digest": done.digest, "statement": name}
        done.events.extend(each.events())
    return done


def _card_use(case_no: str, version: int, latest: Done, number: int) -> Done:
    """What the log is filled up with, where the next command would have had too many events."""
    asked = ReportCardUse(
        id=f"{case_no}/card/{number}",
        by=scheme.SYSTEM,
        at=datetime.fromisoformat(latest.at),
        programme=latest.programme,
        effective_on=date.fromisoformat(latest.effective_on),
        case_no=case_no,
        merchant="Fagkurser Midt",
        mcc="8299",
        amount=kr(100),
    )
    used = CardUsed(
        case_no=asked.case_no, merchant=asked.merchant, mcc=asked.mcc, amount=asked.amount
    )
    news = [cases.news(used, asked.case_no)]
    return _done(asked, _stored(asked, news, version + number - 1))


def _stored(asked: Command, news: Sequence[News], version: int = 0) -> list[Stored]:
    versions = Counter[str]()
    found = []
    for new in news:
        versions[new.stream] += 1
        entry = Entry(
            originator_id=new.stream,
            originator_version=version + versions[new.stream],
            event=new.event,
            actor=asked.by,
            command=asked.id,
            digest=asked.digest(),
            cause=asked.cause,
            at=asked.at,
            effective_on=asked.effective_on,
            recorded_at=asked.at,
        )
        stored = MAPPER.to_stored_event(entry)
        found.append(
            Stored(new.stream, entry.originator_version, stored.topic, bytes(stored.state))
        )
    return found


def _done(asked: Command, events: list[Stored]) -> Done:
    return Done(
        id=asked.id,
        name=type(asked).__name__,
        asked=asked.model_dump_json(exclude={"at", "cause"}),
        digest=asked.digest(),
        programme=asked.programme,
        by=asked.by,
        at=asked.at.isoformat(),
        effective_on=asked.effective_on.isoformat(),
        events=events,
    )
