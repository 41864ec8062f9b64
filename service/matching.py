"""Proposals for a receipt: what was read or keyed of it, put together with what its case is waiting for."""

from collections.abc import Callable, Iterable

from domain.case.state import cases
from domain.reading import Reading
from projections.intake import Kind, Picture
from projections.matching.facts import CaseFacts, matching, merchants
from projections.matching.proposals import Proposal, Wanted, proposals
from projections.matching.sieve import likely
from service.replay import View

Seen = Callable[[str], bool]  # Whether a case is within reach of the one who asks.


def for_picture(view: View, programme: str, picture: Picture, seen: Seen) -> list[Proposal]:
    """For a voucher by what was read of it, for a receipt by what was keyed: while a person has still to say
    what comes of it, and of cases within reach alone."""
    if not picture.open:
        return []
    if picture.kind is Kind.RECEIPT:
        return for_receipt(view, programme, picture.case_no or "", picture.ref)
    if picture.reading is None:
        return []
    return for_reading(view, programme, picture.reading, picture.case_no, seen)


def for_reading(
    view: View, programme: str, reading: Reading, case_no: str | None, seen: Seen
) -> list[Proposal]:
    """For a voucher that is nobody's receipt yet. Without a case: among those that it is likely of."""
    wanted = Wanted.read(reading)
    if case_no is not None:
        found = _of_case(view, programme, case_no)
    else:
        rows = view.all(matching).values()
        of_programme = [each for each in rows if each.programme == programme]
        found = [each for each in likely(wanted, of_programme) if seen(each.case_no)]
    return proposals(wanted, found, known(view, programme))


def best_of_no_case(
    view: View, programme: str, pictures: Iterable[Picture], seen: Seen
) -> dict[str, Proposal]:
    """The best proposal for each voucher that came for no case, by the voucher's ref, where there is one. The
    cases are looked up once, however many vouchers there are."""
    wanted = {
        each.ref: Wanted.read(each.reading)
        for each in pictures
        if each.open and each.reading and each.case_no is None
    }
    if not wanted:
        return {}
    rows = view.all(matching).values()
    within = [each for each in rows if each.programme == programme and seen(each.case_no)]
    merchants_of = known(view, programme)
    found = {ref: proposals(one, likely(one, within), merchants_of) for ref, one in wanted.items()}
    return {ref: told[0] for ref, told in found.items() if told}


def for_receipt(view: View, programme: str, case_no: str, ref: str) -> list[Proposal]:
    """For a receipt that was handed in, by what was keyed of it. None: there is no such receipt."""
    for facts in _of_case(view, programme, case_no):
        for receipt in facts.receipts:
            if receipt.ref == ref:
                return proposals(Wanted.keyed(receipt), [facts], known(view, programme))
    return []


def _of_case(view: View, programme: str, case_no: str) -> list[CaseFacts]:
    row = view.get(matching, cases.stream(case_no))
    return [row] if row and row.programme == programme else []


def known(view: View, programme: str) -> dict[str, dict[str, int]]:
    """The merchants of each of the programme's categories."""
    rows = view.all(merchants, f"{programme}/").values()
    return {row.category: row.merchants for row in rows}
