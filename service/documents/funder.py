"""A funder's statement: what a foundation's or a municipality's money paid for, and what stands for it.

Spending without legal basis stands first and apart: it is what only the funder could pay.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from domain.money import ZERO
from projections.balances import Balance, Dimension
from projections.ledger import ledger
from projections.papers import papers
from projections.partners import Borne
from projections.spending import Movement, Spending, Standing, spending, sum_of
from service.app import Teten
from service.documents import words
from service.documents.basis import Basis, basis
from service.documents.document import Cell, Document, Table
from service.known import Known
from service.report import Reports

NOTES = (
    (
        "Primo og ultimo er kildens saldi; bevægelserne er lagt sammen af de enkelte posteringer. Hvor"
        " flere kilder betaler til én post, er kun denne kildes del med."
    ),
    "Borgere nævnes ved deres sags nummer alene; navne, CPR-numre, konti og fritekst er ikke med.",
)


class UnknownFund(Exception):
    """The programme has no such funding source."""

    def __init__(self, fund: str, known: Iterable[str]) -> None:
        names = ", ".join(known)
        super().__init__(f"There is no funding source {fund}; known: {names}.")
        self.danish = f"Finansieringskilden {fund} findes ikke; kendte: {names}."


class NoPeriod(Exception):
    """The period ends before it begins."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"The period ends ({last}) before it begins ({first}).")
        self.danish = f"Perioden slutter ({last:%d-%m-%Y}), før den begynder ({first:%d-%m-%Y})."


class Statement:
    """One funding source in one period, all of it of one moment."""

    def __init__(
        self,
        teten: Teten,
        programme: str | None,
        fund: str,
        first: date,
        last: date,
        known: Known | None = None,
    ) -> None:
        """UnknownProgramme, UnknownFund, NoPeriod, NotKnown, or ProjectionsBehind."""
        if last < first:
            raise NoPeriod(first, last)
        with teten.view(known) as view:
            reports = Reports(view, teten.vault, programme)
            self.programme, self.terms = reports.programme, reports.terms
            if fund not in reports.funds:
                raise UnknownFund(fund, reports.funds)
            self.name = reports.funds[fund]
            self.basis: Basis = basis(teten, view.position, known)
            found = {each.value: each for each in reports.balances(Dimension.FUNDING, date.max)}
            books, documents = view.all(ledger), view.all(papers)
            balance: Balance = found[fund]
            self.spending: Spending = spending(balance, books, documents, first, last)
            before = first - timedelta(days=1)
            self.borne: tuple[Borne, Borne] = (
                reports.borne(fund, balance.figures(before).committed, before),
                reports.borne(fund, balance.figures(last).committed, last),
            )
        self._covered = {each.id: each.covered_by_law for each in self.terms.legal_bases}

    def data(self) -> dict[str, Any]:
        without = self._without(self.spending.payments)
        return {
            "programme": self.programme,
            "name": self.name,
            "basis": self.basis.data(),
            **self.spending.model_dump(mode="json"),
            "reconciles": self.spending.reconciles,
            "without_legal_basis": {
                "legal_bases": [basis for basis, covered in self._covered.items() if not covered],
                "paid": str(sum_of(without)),
                "documented": str(sum_of(self._without(self.spending.documented))),
            },
            "partners": {
                name: borne.model_dump(mode="json")
                for name, borne in zip(("opening", "closing"), self.borne, strict=True)
            },
        }

    def document(self) -> Document:
        told = self.spending
        agrees = "ja" if told.reconciles else "NEJ: saldi og posteringer er ikke enige"
        return Document(
            title=f"Regnskab til {self.name}",
            subject=f"{told.fund} {told.first:%d-%m-%Y} til {told.last:%d-%m-%Y}",
            facts=(
                ("Program", f"{self.programme}, {self.terms.name}"),
                ("Myndighed", self.terms.buyer_name),
                ("Finansieringskilde", f"{told.fund}, {self.name}"),
                ("Periode", f"{told.first:%d-%m-%Y} til {told.last:%d-%m-%Y}"),
                ("Afstemt", agrees),
                *self.basis.facts(),
            ),
            tables=tuple(self._tables()),
            moment=self.basis.recorded_at,
            notes=NOTES,
        )

    def _tables(self) -> Iterator[Table]:
        told = self.spending
        yield Table(
            "Saldi",
            "Primo, periodens bevægelser og ultimo, i kroner",
            ("Beløb", "Primo", "Bevægelser", "Ultimo"),
            tuple(
                (
                    label,
                    *(getattr(each, name) for each in (told.opening, told.movement, told.closing)),
                )
                for name, label in words.OF_A_FUND.items()
            ),
        )
        yield self._purposes("Uden lovhjemmel", "Brugt uden lovhjemmel", covered=False)
        yield self._purposes("Med lovhjemmel", "Brugt med lovhjemmel", covered=True)
        yield from self._partners()
        without = self._without(told.payments)
        covered = [each for each in told.payments if self._is_covered(each.legal_basis)]
        yield self._movements("Betalt uden hjemmel", "Betalinger uden lovhjemmel", without)
        yield self._movements("Betalt med hjemmel", "Betalinger med lovhjemmel", covered)
        yield self._movements("Dokumentation", "Dokumenteret forbrug", told.documented)
        yield self._movements("Tilbage", "Ubrugte midler, leveret tilbage", told.returned)
        yield self._movements("Krav", "Krav rejst, betalt og afskrevet", told.claimed)

    def _without(self, movements: list[Movement]) -> list[Movement]:
        return [each for each in movements if not self._is_covered(each.legal_basis)]

    def _is_covered(self, legal_basis: str) -> bool:
        return self._covered.get(legal_basis, True)

    def _purposes(self, name: str, title: str, *, covered: bool) -> Table:
        of = [
            p for p in self.spending.purposes if self._covered.get(p.legal_basis, True) is covered
        ]
        texts = {each.id: each.text for each in self.terms.legal_bases}
        names = {each.id: each.name for each in self.terms.categories}
        closing = total_of(each.closing for each in of)
        period = total_of(each.in_period for each in of)
        rows = [
            (
                texts.get(p.legal_basis, p.legal_basis),
                names.get(p.category, p.category),
                *_purpose_cells(p.in_period, p.closing),
            )
            for p in of
        ]
        return Table(
            name,
            f"{title}, efter lovhjemmel og formål, i kroner",
            (
                *("Lovhjemmel", "Formål", "Betalt i perioden", "Dokumenteret i perioden"),
                *(
                    "Bevilget ultimo",
                    "Betalt ultimo",
                    "Dokumenteret ultimo",
                    "Udokumenteret ultimo",
                ),
            ),
            (*rows, ("I alt", "", *_purpose_cells(period, closing))) if rows else (),
            totals=True,
        )

    def _partners(self) -> Iterator[Table]:
        opening, closing = self.borne
        if not closing.partners:
            return
        before = {each.partner: each for each in opening.partners}
        rows = [
            (
                each.partner,
                each.weight,
                before[each.partner].paid if each.partner in before else ZERO,
                each.paid,
                each.committed,
            )
            for each in closing.partners
        ]
        yield Table(
            "Medfinansiering",
            "Hvem der bærer kildens betalinger, i kroner",
            ("Partner", "Vægt", "Betalt primo", "Betalt ultimo", "Tilsagn ultimo"),
            (
                *rows,
                (
                    "Ufordelt",
                    0,
                    opening.unshared.paid,
                    closing.unshared.paid,
                    closing.unshared.committed,
                ),
            ),
        )

    def _movements(self, name: str, title: str, movements: list[Movement]) -> Table:
        names = {each.id: each.name for each in self.terms.categories}
        rows: list[tuple[Cell, ...]] = [
            (
                each.day,
                f"{each.case}/{each.line}",
                words.EVENTS[each.event],
                each.legal_basis,
                names.get(each.category, each.category),
                words.reference(each.vouchers),
                each.position,
                each.amount,
            )
            for each in movements
        ]
        return Table(
            name,
            f"{title}, i kroner",
            ("Dag", "Post", "Hvad", "Lovhjemmel", "Formål", "Bilag", "Log nr.", "Beløb"),
            (*rows, ("I alt", *[""] * 5, None, sum_of(movements))) if rows else (),
            totals=True,
        )


def total_of(standings: Iterable[Standing]) -> Standing:
    zero = Standing.on(Balance(), date.max)
    return sum(standings, zero)


def _purpose_cells(period: Standing, closing: Standing) -> tuple[Any, ...]:
    return (
        *(period.paid, period.documented),
        *(closing.granted, closing.paid, closing.documented, closing.undocumented),
    )
