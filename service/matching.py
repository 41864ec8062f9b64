"""Proposals for a receipt: what was read or keyed of it, put together with what its case is waiting for."""

from domain.case.state import cases
from domain.reading import Reading
from projections.matching.facts import CaseFacts, matching, merchants
from projections.matching.proposals import Proposal, Wanted, proposals
from service.replay import View


def for_reading(
    view: View, programme: str, reading: Reading, case_no: str | None
) -> list[Proposal]:
    """For a voucher that is nobody's receipt yet. Without a case: among all of the programme, which takes as
    long as there are cases."""
    return proposals(Wanted.read(reading), _facts(view, programme, case_no), known(view, programme))


def for_receipt(view: View, programme: str, case_no: str, ref: str) -> list[Proposal]:
    """For a receipt that was handed in, by what was keyed of it. None: there is no such receipt."""
    for facts in _facts(view, programme, case_no):
        for receipt in facts.receipts:
            if receipt.ref == ref:
                return proposals(Wanted.keyed(receipt), [facts], known(view, programme))
    return []


def _facts(view: View, programme: str, case_no: str | None) -> list[CaseFacts]:
    if case_no is None:
        rows = list(view.all(matching).values())
    else:
        row = view.get(matching, cases.stream(case_no))
        rows = [row] if row else []
    return [row for row in rows if row.programme == programme]


def known(view: View, programme: str) -> dict[str, dict[str, int]]:
    """The merchants of each of the programme's categories."""
    rows = view.all(merchants, f"{programme}/").values()
    return {row.category: row.merchants for row in rows}
