"""What is owed on claims, and when: instalments overdue, and what citizens paid above their claims."""

from collections.abc import Iterable, Iterator
from datetime import date

from pydantic import BaseModel

from domain.case.appeals import (
    ClaimRefunded,
    MisuseReversed,
    RefundReturned,
    WriteOffReversed,
)
from domain.case.enrolment import CaseRegistered
from domain.case.recovery import (
    ClaimRepaid,
    ClaimSetOff,
    ClaimWrittenOff,
    Instalment,
    InstalmentsAgreed,
    MisuseConfirmed,
)
from domain.money import ZERO, Money, total
from domain.words import Event, Recorded
from projections.projection import Projection


class Change(BaseModel):
    """What a day added to what is left of a claim."""

    on: date
    amount: Money


class Agreement(BaseModel):
    on: date
    instalments: tuple[Instalment, ...]


class Claim(BaseModel):
    line_no: int
    changes: list[Change] = []
    agreements: list[Agreement] = []

    def left(self, as_of: date) -> Money:
        """Negative: owed to the citizen."""
        return total(change.amount for change in self.changes if change.on <= as_of)

    def plan(self, as_of: date) -> tuple[Instalment, ...]:
        """The agreement in force, oldest instalment first."""
        known = [agreed.instalments for agreed in self.agreements if agreed.on <= as_of]
        return tuple(sorted(known[-1], key=lambda each: each.due)) if known else ()


class Claims(BaseModel):
    """One case's claims that went by a hearing, by number."""

    programme: str = ""
    case_no: str = ""
    claims: dict[str, Claim] = {}


class InstalmentOverdue(BaseModel):
    case: str
    line: str
    claim: str
    due: date
    lacking: Money


class ClaimOverpaid(BaseModel):
    case: str
    line: str
    claim: str
    owed: Money  # To the citizen.


RAISES = (MisuseConfirmed, WriteOffReversed, ClaimRefunded)
LOWERS = (ClaimRepaid, ClaimSetOff, ClaimWrittenOff, MisuseReversed, RefundReturned)


def claim_of(event: Event) -> str | None:
    """The number of the claim that it is about; `None`: of a claim that was booked at once."""
    ref: str | None = getattr(event, "claim", getattr(event, "ref", None))
    return ref


def keys(news: Recorded[Event]) -> Iterable[str]:
    told = isinstance(news.event, (*RAISES, *LOWERS, InstalmentsAgreed)) and claim_of(news.event)
    return [news.stream] if told or isinstance(news.event, CaseRegistered) else []


def fold(row: Claims, _: str, news: Recorded[Event]) -> Claims:
    if isinstance(news.event, CaseRegistered):
        return Claims(programme=news.event.programme, case_no=news.event.case_no)
    event, ref = news.event, claim_of(news.event) or ""
    claim = row.claims.get(ref) or Claim(line_no=event.line_no)  # type: ignore[attr-defined]
    if isinstance(event, InstalmentsAgreed):
        agreement = Agreement(on=news.effective_on, instalments=event.instalments)
        claim = claim.model_copy(update={"agreements": [*claim.agreements, agreement]})
    else:
        amount: Money = event.amount  # type: ignore[attr-defined]
        change = Change(
            on=news.effective_on, amount=amount if isinstance(event, RAISES) else -amount
        )
        claim = claim.model_copy(update={"changes": [*claim.changes, change]})
    return row.model_copy(update={"claims": row.claims | {ref: claim}})


def instalments_overdue(row: Claims, as_of: date) -> Iterator[InstalmentOverdue]:
    """Instalments due before that day and not met. Whatever lessened the claim since they were agreed
    counts against the oldest first."""
    for ref, claim in row.claims.items():
        plan = claim.plan(as_of)
        met = total(each.amount for each in plan) - claim.left(as_of)
        for instalment in plan:
            lacking = instalment.amount - max(ZERO, min(met, instalment.amount))
            met -= instalment.amount
            if lacking and instalment.due < as_of:
                yield InstalmentOverdue(
                    case=row.case_no,
                    line=str(claim.line_no),
                    claim=ref,
                    due=instalment.due,
                    lacking=lacking,
                )


def overpaid(row: Claims, as_of: date) -> Iterator[ClaimOverpaid]:
    """Claims on which the citizen paid more than an upheld appeal left of them, and is owed it."""
    for ref, claim in row.claims.items():
        if claim.left(as_of) < ZERO:
            yield ClaimOverpaid(
                case=row.case_no,
                line=str(claim.line_no),
                claim=ref,
                owed=-claim.left(as_of),
            )


claims = Projection("claims-1", Claims, keys, fold)
