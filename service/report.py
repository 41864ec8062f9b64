"""The report: every figure of the pilot's answers, put together from the projections alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol

from domain.flags import flags
from domain.money import ZERO, Money
from domain.programme import Terms
from projections.balances import Balance, Dimension, balances
from projections.journeys import Journey, counts, journeys
from projections.misuse import misuse as watched
from projections.misuse_figures import Misused, flagged, misused
from projections.partners import Borne, borne, partners
from projections.payouts import Payout, by_day, payouts
from projections.pilot import BusinessCase, Misuse, business_case, misuse
from projections.programmes import Established, programmes
from projections.review import review
from projections.statements import statements
from projections.worklists import (
    ReceiptOverdue,
    ReleasedUnpaid,
    Waiting,
    due_to_lapse,
    receipts_overdue,
    receipts_told,
    released_unpaid,
    worklists,
)
from service.replay import View

END_OF_TIME = date.max


class UnknownProgramme(Exception):
    """There is no such programme, or several and none was named."""

    def __init__(self, english: str, danish: str, known: Iterable[str] = ()) -> None:
        super().__init__(english)
        self.danish, self.known = danish, tuple(known)


class Words(Protocol):
    """Where texts are found by their references: the vault, or what an auditor was given of it."""

    def read(self, ref: str | None) -> str | None: ...


@dataclass(frozen=True)
class Period:
    """Which day a report speaks of. Without one: everything known, lists counted today (or at the
    programme's end, once that has passed)."""

    as_of: date
    counted_on: date

    @classmethod
    def of(cls, as_of: date | None, terms: Terms, today: date) -> "Period":
        return cls(as_of or END_OF_TIME, as_of or min(today, terms.end))


class Reports:
    """Reports on one programme, made of everything that is in the log at one moment."""

    def __init__(self, snapshot: View, words: Words, programme: str | None) -> None:
        self._snapshot, self._words = snapshot, words
        known = chosen(snapshot, programme)
        assert known.terms
        self.programme, self.terms, self.funds = known.programme, known.terms, known.funds
        self._rules_on = known.rules_on
        self._balances = _by_dimension(snapshot.all(balances).values(), self.programme)
        self._journeys = [
            journey
            for journey in snapshot.all(journeys).values()
            if journey.programme == self.programme
        ]

    def report(self, as_of: date | None, today: date) -> dict[str, Any]:
        """All amounts, counts and lists, as data."""
        period = self.period(as_of, today)
        return {
            **{
                dimension.value: self.amounts(dimension, period.as_of)
                for dimension in Dimension
                if dimension is not Dimension.PROGRAMME
            },
            "programme": self._figures(self._programme_balance, period.as_of),
            "counts": self.counts(period.as_of),
            "misuse": self.misuse(period.as_of).model_dump(mode="json"),
            **self._lists(period),
            "refused": self._snapshot.refused(self.programme, period.as_of),
        }

    def period(self, as_of: date | None, today: date) -> Period:
        """Lists of what was known at an earlier moment are counted on the day of that moment."""
        return Period.of(as_of, self.terms, self._snapshot.today(today))

    def amounts(self, dimension: Dimension, as_of: date) -> dict[str, dict[str, str]]:
        return {each.value: self._figures(each, as_of) for each in self.balances(dimension, as_of)}

    def balances(self, dimension: Dimension, as_of: date) -> list[Balance]:
        """What was known by that day, in order."""
        known = [each for each in self._balances.get(dimension, ()) if each.since <= as_of]
        return sorted(known, key=_in_order)

    def counts(self, as_of: date) -> dict[str, Any]:
        phases = {journey.phase for journey in self._journeys}
        terms = self.terms
        return counts(self._journeys, sorted(phases), terms.outcomes, terms.outcomes_left, as_of)

    def misuse(self, as_of: date) -> Misuse:
        by_case = {
            each.value: each.figures(as_of).misuse
            for each in self._balances.get(Dimension.CASE, ())
        }
        return misuse(by_case, self._programme_balance.figures(as_of).paid)

    def misused(self, as_of: date | None, today: date) -> Misused:
        """Where misuse was, how sure the figures are, how long it took, and what came back."""
        day = as_of or self._snapshot.today(today)
        lines = {each.value: each for each in self._balances.get(Dimension.LINE, ())}
        cases = self._snapshot.all(watched).values()
        told = flagged(self._snapshot.all(review, flags.stream(self.programme, "")).values(), day)
        return misused(self.programme, cases, lines, list(told), day)

    def business_case(self, as_of: date = END_OF_TIME) -> BusinessCase | None:
        taking_part = sum(each.reached("participants", as_of) for each in self._journeys)
        granted = self._programme_balance.figures(as_of).granted
        return business_case(granted, taking_part, self.terms.costs)

    def statements(self, as_of: date = END_OF_TIME) -> list[dict[str, Any]]:
        """Each statement's balances, and how many of its entries are explained, of those received by then."""
        return [
            {
                "file": each.file,
                "opening": str(each.opening),
                "closing": str(each.closing),
                "entries": each.entries,
                "unreconciled": len(each.unreconciled),
            }
            for each in self._snapshot.all(statements, f"statement-{self.programme}/").values()
            if each.received <= as_of
        ]

    def overdocumented(self, as_of: date = END_OF_TIME) -> list[str]:
        """The lines with more accounted for than paid: a payment came back after its receipts."""
        lines = self._balances.get(Dimension.LINE, ())
        return [each.value for each in lines if each.figures(as_of).undocumented < ZERO]

    def borne(self, fund: str, committed: Money, as_of: date) -> Borne:
        """What each partner of a fund bears of what it has committed and paid."""
        key = f"{self.programme}/{fund}"
        agreement = self._snapshot.get(partners, key)
        lines = self._snapshot.all(partners, f"{key}/").values()
        drawings = (each for line in lines for each in line.drawings)
        return borne(agreement.agreements if agreement else [], drawings, committed, as_of)

    def cases(self) -> list[Journey]:
        return sorted(self._journeys, key=lambda journey: journey.case_no)

    @property
    def _programme_balance(self) -> Balance:
        return next(iter(self._balances.get(Dimension.PROGRAMME, ())), Balance())

    def _figures(self, balance: Balance, as_of: date) -> dict[str, str]:
        figures: dict[str, str] = balance.figures(as_of).model_dump(mode="json")
        if balance.dimension is Dimension.FUNDING:
            figures["amount"] = str(balance.agreed(as_of))
            figures["available"] = str(balance.available(as_of))
        return figures

    def _lists(self, period: Period) -> dict[str, list[dict[str, Any]]]:
        return {
            "released_unpaid": [
                item.model_dump(mode="json")
                for each in self._waiting
                for item in released_unpaid(each, period.as_of)
            ],
            "receipts_overdue": [item.model_dump(mode="json") for item in self.overdue(period)],
            "unreconciled": self._unreconciled(period.as_of),
            **self._told(period),
        }

    def _told(self, period: Period) -> dict[str, list[dict[str, Any]]]:
        """Left out where no ladder has told anybody of anything."""
        told = [
            item.model_dump(mode="json")
            for each in self._waiting
            for item in receipts_told(each, period.as_of)
        ]
        return {"receipts_told": told} if told else {}

    def overdue(self, period: Period) -> list[ReceiptOverdue]:
        """The tranches whose receipts are late by the rules of the day on which they are counted."""
        deadline = self._rules_on(period.counted_on).receipt_deadline_days
        return [
            item
            for each in self._waiting
            for item in receipts_overdue(each, period.as_of, period.counted_on, deadline)
        ]

    def payouts(self, as_of: date, case_no: str | None = None) -> list[Payout]:
        """Every payment ordered by that day, in order of the day and the number; those of one case."""
        found = [
            payout
            for each in self._waiting
            if case_no in (None, each.case_no)
            for payout in payouts(each, as_of)
        ]
        return sorted(found, key=by_day)

    def due_to_lapse(self, on: date) -> list[ReleasedUnpaid]:
        """The tranches that the rules of that day let lapse."""
        days = self._rules_on(on).lapse_days
        if days is None:
            return []
        return [item for each in self._waiting for item in due_to_lapse(each, on, days)]

    @cached_property
    def _waiting(self) -> list[Waiting]:
        found = self._snapshot.all(worklists).values()
        return [each for each in found if each.programme == self.programme]

    def _unreconciled(self, as_of: date) -> list[dict[str, Any]]:
        found = self._snapshot.all(statements, f"statement-{self.programme}/").values()
        return [
            {
                "statement": statement.file,
                **entry.model_dump(mode="json", exclude={"words"}),
                "text": self._words.read(entry.words),
            }
            for statement in found
            if statement.received <= as_of
            for entry in statement.unreconciled
        ]


def chosen(snapshot: View, programme: str | None) -> Established:
    """The programme of that name; without one, the only one there is. UnknownProgramme otherwise."""
    known = snapshot.all(programmes)
    if not known:
        english = "There is no programme yet. Import one: teten import DIR"
        raise UnknownProgramme(english, "Der er intet program endnu. Indlæs et: teten import MAPPE")
    if not programme and len(known) > 1:
        raise unknown(None, known)
    name = programme or next(iter(known))
    if name not in known:
        raise unknown(name, known)
    return known[name]


def unknown(programme: str | None, known: Iterable[str]) -> UnknownProgramme:
    """What is told of a programme that isn't one of these, or that wasn't named where there are several."""
    names = ", ".join(known)
    if not programme:
        english = f"There are several programmes ({names}): choose one."
        return UnknownProgramme(english, f"Der er flere programmer ({names}): vælg ét.", known)
    english = f"There is no programme {programme}; known: {names}."
    danish = f"Programmet {programme} findes ikke; kendte: {names}."
    return UnknownProgramme(english, danish, known)


def _by_dimension(found: Iterable[Balance], programme: str) -> dict[Dimension, list[Balance]]:
    grouped: dict[Dimension, list[Balance]] = {}
    for balance in found:
        if balance.programme == programme:
            grouped.setdefault(balance.dimension, []).append(balance)
    return grouped


def _in_order(balance: Balance) -> tuple[str, int, str]:
    """Lines by number: LTT-001/2 before LTT-001/10."""
    case_no, _, line_no = balance.value.partition("/")
    return case_no, int(line_no) if line_no.isdecimal() else 0, line_no
