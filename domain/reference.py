"""What may exist only once: the number of a tranche or a receipt, and the file of a receipt.

Each is a stream of its own with one event, so that the log itself refuses a second one.
"""

from dataclasses import dataclass

from domain.identity import Key
from domain.words import Decider, Event, News, Past, Refused


class ReferenceTaken(Event):
    """A number or a file now belongs to this line of this case, and to nothing else, for good."""

    programme: Key
    reference: str
    case_no: Key
    line_no: int


@dataclass(frozen=True)
class Reference:
    taken: ReferenceTaken | None = None


# The number of a tranche or an invoice is its end-to-end id: the bank's statement leads back by it.
tranche_numbers: Decider[Reference] = Decider("tranche", Reference())
invoice_numbers: Decider[Reference] = Decider("invoice", Reference())
credit_note_numbers: Decider[Reference] = Decider("creditnote", Reference())
receipt_numbers: Decider[Reference] = Decider("receiptno", Reference())
receipt_files: Decider[Reference] = Decider("receipt", Reference())
claim_numbers: Decider[Reference] = Decider("claim", Reference())

for _references in (
    tranche_numbers,
    invoice_numbers,
    credit_note_numbers,
    receipt_numbers,
    receipt_files,
    claim_numbers,
):

    @_references.on(ReferenceTaken)
    def _taken(_: Reference, event: ReferenceTaken) -> Reference:
        return Reference(event)


def take(
    references: Decider[Reference],
    past: Past,
    *,
    programme: str,
    reference: str,
    case_no: str,
    line_no: int,
    refusal: str,
) -> News:
    """Guard: nobody had it before. `refusal` is what to answer if somebody had."""
    if earlier := past(references, programme, reference).taken:
        raise Refused(refusal, reference=reference, taken_by=f"{earlier.case_no}/{earlier.line_no}")
    event = ReferenceTaken(
        programme=programme, reference=reference, case_no=case_no, line_no=line_no
    )
    return references.news(event, programme, reference)
