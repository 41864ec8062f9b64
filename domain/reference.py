"""What may exist only once: the number of a payment, a document or a receipt, and the file of a receipt.

Each is a stream of its own with one event, so that the log itself refuses a second one.
"""

from dataclasses import dataclass

from domain.identity import Key
from domain.words import Decider, Event, News, Past, Refused

Owner = tuple[str, int] | str  # A line of a case, or a group whose participants share the cost.


class ReferenceTaken(Event):
    """A number or a file now belongs to this line of this case, and to nothing else, for good."""

    programme: Key
    reference: str
    case_no: Key
    line_no: int

    @property
    def owner(self) -> Owner:
        return self.case_no, self.line_no


class SharedReferenceTaken(Event):
    """A number or a file now belongs to a cost that this group shares, and to nothing else, for good."""

    programme: Key
    reference: str
    group: Key

    @property
    def owner(self) -> Owner:
        return self.group


@dataclass(frozen=True)
class Reference:
    taken: ReferenceTaken | SharedReferenceTaken | None = None


# The number of a tranche, an invoice, an outlay or a month of support is its payment's end-to-end id: the
# bank's statement leads back by it.
tranche_numbers: Decider[Reference] = Decider("tranche", Reference())
invoice_numbers: Decider[Reference] = Decider("invoice", Reference())
outlay_numbers: Decider[Reference] = Decider("outlay", Reference())
support_numbers: Decider[Reference] = Decider("support", Reference())
credit_note_numbers: Decider[Reference] = Decider("creditnote", Reference())
receipt_numbers: Decider[Reference] = Decider("receiptno", Reference())
receipt_files: Decider[Reference] = Decider("receipt", Reference())
claim_numbers: Decider[Reference] = Decider("claim", Reference())

PAYMENT_NUMBERS = (
    tranche_numbers,
    invoice_numbers,
    outlay_numbers,
    support_numbers,
    claim_numbers,  # Of a refund, when the citizen paid more than the claim came to.
)

for _references in (*PAYMENT_NUMBERS, credit_note_numbers, receipt_numbers, receipt_files):

    @_references.on(ReferenceTaken)
    def _taken(_: Reference, event: ReferenceTaken) -> Reference:
        return Reference(event)

    @_references.on(SharedReferenceTaken)
    def _shared(_: Reference, event: SharedReferenceTaken) -> Reference:
        return Reference(event)


def take(
    references: Decider[Reference],
    past: Past,
    programme: str,
    reference: str,
    *,
    owner: Owner,
    refusal: str,
) -> News:
    """Guard: nobody had it before, and no two payments have one number. `refusal`: what to answer if so."""
    alike = PAYMENT_NUMBERS if references in PAYMENT_NUMBERS else (references,)
    for numbers in alike:
        if earlier := past(numbers, programme, reference).taken:
            raise Refused(refusal, reference=reference, taken_by=_named(earlier.owner))
    event: Event
    if isinstance(owner, str):
        event = SharedReferenceTaken(programme=programme, reference=reference, group=owner)
    else:
        case_no, line_no = owner
        event = ReferenceTaken(
            programme=programme, reference=reference, case_no=case_no, line_no=line_no
        )
    return references.news(event, programme, reference)


def _named(owner: Owner) -> str:
    return owner if isinstance(owner, str) else f"{owner[0]}/{owner[1]}"
