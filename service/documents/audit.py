"""The audit report (revisionsrapport): everything that a programme's accounts say on a day."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from domain.money import Money
from projections.completeness import Completeness
from service.app import Teten
from service.documents import words
from service.documents.basis import Basis, basis
from service.documents.completing import completeness_of, tables
from service.documents.document import Cell, Document, Table
from service.known import Known
from service.report import Reports

REFUSED = """
SELECT code, name, actor, effective_on FROM commands
WHERE programme = %(programme)s AND code IS NOT NULL AND effective_on <= %(as_of)s
AND recorded_at <= %(recorded_at)s ORDER BY effective_on, recorded_at, id
"""
NOTES = (
    (
        "Hvert tal er summen af posteringer, som hver følger af én hændelse i loggen. Ord og konti er"
        " forklaret i Tetens reference over tal (figures)."
    ),
    "Borgere nævnes ved deres sags nummer alene; navne, CPR-numre, konti og fritekst er ikke med.",
)


class Audit:
    """One programme on one day, all of it of one moment."""

    def __init__(
        self, teten: Teten, programme: str | None, as_of: date, known: Known | None = None
    ) -> None:
        """UnknownProgramme, NotKnown, or ProjectionsBehind."""
        with teten.view(known) as view:
            reports = Reports(view, teten.vault, programme)
            self.as_of, self.programme, self.terms = as_of, reports.programme, reports.terms
            self.basis: Basis = basis(teten, view.position, known)
            self.report = _without_words(reports.report(as_of, as_of))
            self.completeness: Completeness = completeness_of(teten, view, reports.programme, as_of)
            self.refused = _refused(teten, reports.programme, as_of, self.basis.recorded_at)
            self._names = {
                "funding": reports.funds,
                "legal_basis": {each.id: each.text for each in reports.terms.legal_bases},
                "category": {each.id: each.name for each in reports.terms.categories},
            }

    def data(self) -> dict[str, Any]:
        """The report, as `GET /v1/report` has it, with what it rests on and its vouchers."""
        return {
            "as_of": str(self.as_of),
            "programme_id": self.programme,
            "basis": self.basis.data(),
            **self.report,
            "refused": len(self.refused),
            "completeness": self.completeness.model_dump(mode="json"),
        }

    def document(self) -> Document:
        return Document(
            title=f"Revisionsrapport: {self.terms.name}",
            subject=f"{self.programme} pr. {self.as_of:%d-%m-%Y}",
            facts=(
                ("Program", f"{self.programme}, {self.terms.name}"),
                ("Myndighed", self.terms.buyer_name),
                ("Som det stod den", f"{self.as_of:%d-%m-%Y}"),
                *self.basis.facts(),
            ),
            tables=tuple(self._tables()),
            moment=self.basis.recorded_at,
            notes=NOTES,
        )

    def _tables(self) -> Iterator[Table]:
        yield Table(
            "Hovedtal",
            "Programmets beløb i kroner",
            ("Beløb", "Kroner"),
            tuple(
                (label, self._amount("programme", name)) for name, label in words.AMOUNTS.items()
            ),
        )
        yield self._counts()
        for dimension, (title, first) in words.DIMENSIONS.items():
            yield self._amounts(dimension, title, first)
        yield from self._lists()
        yield from tables(self.completeness)

    def _amount(self, part: str, name: str) -> Money:
        return Money.parse(self.report[part][name])

    def _amounts(self, dimension: str, title: str, first: str) -> Table:
        labels = words.OF_A_FUND if dimension == "funding" else words.AMOUNTS
        return Table(
            title,
            f"{title}, i kroner",
            (first, *labels.values()),
            tuple(
                (self._name(dimension, key), *(Money.parse(figures[name]) for name in labels))
                for key, figures in self.report[dimension].items()
            ),
        )

    def _name(self, dimension: str, key: str) -> str:
        name = self._names.get(dimension, {}).get(key)
        return f"{key}: {name}" if name else key

    def _counts(self) -> Table:
        counts = self.report["counts"]
        rows = {label: counts[name] for name, label in words.COUNTS.items()}
        for outcome, by_phase in counts["outcomes"].items():
            rows[f"Udfald: {words.OUTCOMES.get(outcome, outcome)}"] = by_phase
        phases = [phase for phase in counts["offered"] if phase != "total"]
        return Table(
            "Borgere",
            "Borgere i hver fase",
            ("Antal", *(f"Fase {phase}" for phase in phases), "I alt"),
            tuple(
                (label, *(by_phase[phase] for phase in [*phases, "total"]))
                for label, by_phase in rows.items()
            ),
        )

    def _lists(self) -> Iterator[Table]:
        told, misuse = self.report, self.report["misuse"]
        percent = (misuse["percent_of_paid"] or "–").replace(".", ",")
        yield Table(
            "Misbrug",
            "Poster med bekræftet misbrug",
            ("Post", "Misbrug", "Krav betalt", "Krav afskrevet", "Krav tilbage"),
            tuple(
                (line, *(Money.parse(figures[name]) for name in CLAIMS))
                for line, figures in told["line"].items()
                if any(figures[name] != "0.00" for name in CLAIMS)
            ),
            text=f"{misuse['cases']} forløb, {percent} % af det udbetalte.",
        )
        yield _listed(
            ("Frigivet, ikke betalt", "Betalinger, der er bestilt og ikke betalt"),
            {
                "end_to_end_id": "Betaling",
                "case": "Forløb",
                "line": "Post",
                "amount": "Beløb",
                "ordered": "Bestilt",
            },
            told["released_unpaid"],
        )
        yield _listed(
            ("Over fristen", "Rater, hvis kvitteringer mangler efter fristen"),
            {
                "tranche": "Rate",
                "case": "Forløb",
                "line": "Post",
                "undocumented": "Udokumenteret",
                "settled": "Udbetalt",
            },
            told["receipts_overdue"],
        )
        yield _listed(
            ("Uafstemt", "Bankposteringer, som intet forklarer"),
            {
                "entry": "Bankpostering",
                "statement": "Kontoudtog",
                "date": "Dag",
                "indicator": "Art",
                "amount": "Beløb",
                "end_to_end_id": "Betaling",
            },
            told["unreconciled"],
        )
        yield Table(
            "Afviste handlinger",
            "Handlinger, som Teten afviste",
            ("Grund", "Handling", "Hvem", "Dag"),
            tuple(self.refused),
        )


CLAIMS = ("misuse", "repaid", "written_off", "claim")
MONEY = ("amount", "undocumented")
DAYS = ("ordered", "settled", "date")


def _listed(titles: tuple[str, str], columns: dict[str, str], items: list[dict[str, Any]]) -> Table:
    def cell(item: dict[str, Any], name: str) -> Cell:
        value = item[name]
        if name in MONEY:
            return Money.parse(value)
        return date.fromisoformat(value) if name in DAYS else value

    rows = tuple(tuple(cell(item, name) for name in columns) for item in items)
    return Table(*titles, tuple(columns.values()), rows)


def _refused(
    teten: Teten, programme: str, as_of: date, recorded_at: datetime
) -> list[tuple[Cell, ...]]:
    """The attempts that the log knew of at that moment."""
    asked = {"programme": programme, "as_of": as_of, "recorded_at": recorded_at}
    with teten.log.pool.connection() as connection:
        return connection.execute(REFUSED, asked).fetchall()


def _without_words(report: dict[str, Any]) -> dict[str, Any]:
    """What a payer wrote may name a person: a filed report leaves it in the vault."""
    entries = [
        {name: value for name, value in each.items() if name != "text"}
        for each in report["unreconciled"]
    ]
    return report | {"unreconciled": entries}
