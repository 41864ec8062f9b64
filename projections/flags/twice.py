"""Rules on what was handed in twice."""

from collections import defaultdict
from collections.abc import Iterator

from domain.money import kr
from projections.flags.facts import Arrival, CaseFacts, Fact, Receipt, Said
from projections.flags.kinds import shop
from projections.flags.likeness import Index, print_of
from projections.flags.rule import Hit, Parameters, rule
from projections.flags.view import RECEIPTS, Facts
from projections.flags.wording import dato, dkk
from projections.flags.wording import kr as kroner


def _in_place_of(case: CaseFacts, first: Receipt, other: CaseFacts, again: Receipt) -> bool:
    """Whether it was handed in again because the first one was rejected: the same case was asked to. On one
    day, the new one is often entered before the old one is answered."""
    rejected = first.rejected
    return case is other and rejected is not None and rejected.on <= again.on


def _pair(case: CaseFacts, first: Receipt, other: CaseFacts, again: Receipt) -> Hit:
    """The later one is in doubt; the first one's case is told of by the evidence alone."""
    where = "samme forløb" if case is other else "et andet forløb"
    where_en = "the same case" if case is other else "another case"
    return Hit(
        key=f"{case.case_no}/{first.ref}={other.case_no}/{again.ref}",
        case_no=other.case_no,
        line_no=again.line_no,
        on=again.on,
        da=f"Kvitteringen på {kroner(again.amount)} fra {again.merchant} {dato(again.purchased_on)} er"
        f" den samme som en, der blev afleveret i {where} {dato(first.on)}.",
        en=f"The receipt of {dkk(again.amount)} from {again.merchant} of {again.purchased_on} is the"
        f" same as one that was handed in for {where_en} on {first.on}.",
        facts=[first, again],
        amount=again.amount,
    )


@rule(
    1,
    (
        *("ReceiptHandedIn", "ReceiptRejected"),
        "ReceiptRead: cvr, purchased_on, time, number, total, likeness",
    ),
)
def same_receipt(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """A receipt that says the same as one handed in before, in any case: shop, day, time, number and total,
    however it was scanned. Not where the first was rejected and its own case handed it in again."""
    read: list[tuple[Said, CaseFacts, Receipt]] = sorted(
        ((said, case, receipt) for case, receipt in facts.receipts for said in receipt.readings),
        key=lambda each: (each[0].on, each[2].position, each[0].position),
    )
    seen: dict[str, tuple[CaseFacts, Receipt]] = {}
    index = Index()
    for said, case, receipt in read:
        mine = print_of(f"{case.case_no}/{receipt.ref}", receipt, said)
        alike = [seen[each.name] for each in index.alike(mine)]
        before = [each for each in alike if each[1].position < receipt.position]
        eldest = min(before, key=lambda each: each[1].position, default=None)
        # Scanned again, it stands where the first scan stood: whoever copied that came after it.
        if eldest and _in_place_of(*eldest, case, receipt):
            alike = [each for each in alike if each not in before or each[0] is case]
        for other in alike:
            pair = sorted((other, (case, receipt)), key=lambda each: each[1].position)
            (case_of_first, first), (case_of_again, again) = pair
            if not _in_place_of(case_of_first, first, case_of_again, again):
                hit = _pair(case_of_first, first, case_of_again, again)
                yield hit._replace(on=max(said.on, again.on), facts=[first, again, said])
        index.add(mine)
        seen[mine.name] = (case, receipt)


@rule(1, (*RECEIPTS, "ReceiptRead: time, number"), round_to=50)
def same_claim(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """Two cases claimed the same amount, of the same shop and day, where the picture of one of them doesn't
    tell a time or number by which the two could be told apart. Not for an amount in whole so many
    kroner: those are prices that many people pay."""
    first: dict[tuple[str, str, int], list[tuple[CaseFacts, Receipt]]] = defaultdict(list)
    for case, receipt in facts.receipts:
        if receipt.whole.ore % kr(given["round_to"]).ore == 0:
            continue
        claim = (shop(receipt.merchant), receipt.purchased_on.isoformat(), receipt.whole.ore)
        for other, earlier in first[claim]:
            untold = not (_tells(earlier) and _tells(receipt))
            if other is not case and untold:
                yield _pair(other, earlier, case, receipt)
        first[claim].append((case, receipt))


def _tells(receipt: Receipt) -> bool:
    """Whether its first reading told the time or the number."""
    return any(said.time or said.number for said in receipt.readings[:1])


@rule(1, ("VoucherReceived", "VoucherSetAside", *RECEIPTS))
def same_file(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """A file arrived that had arrived for another case, or that was a receipt already. Not where it was sent
    twice and is nobody's receipt yet, nor where it had come to the wrong case first."""
    receipts: dict[str, Receipt] = {}
    for _case, receipt in facts.receipts:
        receipts.setdefault(receipt.sha256, receipt)
    arrived: dict[str, list[Arrival]] = defaultdict(list)
    for again in sorted(facts.arrivals, key=lambda each: each.came.position):
        earlier = [each for each in arrived[again.sha256] if _elsewhere(each, again)]
        arrived[again.sha256].append(again)
        known = receipts.get(again.sha256)
        if known and known.position < again.came.position:
            yield _file_again(
                known, again, "blev afleveret som kvittering", "was handed in as receipt"
            )
        elif earlier:
            yield _file_again(earlier[0].came, again, "kom ind", "arrived")


def _elsewhere(first: Arrival, again: Arrival) -> bool:
    """Whether both were for cases, not for the same one, and the first wasn't there by mistake."""
    cases = {first.came.case_no, again.came.case_no}
    by_mistake = first.misdirected is not None and first.misdirected <= again.came.on
    same = first.came.case_no == again.came.case_no
    return not same and "" not in cases and not by_mistake


def _file_again(first: Fact, again: Arrival, what: str, what_en: str) -> Hit:
    fact = again.came
    where = "samme forløb" if first.case_no == fact.case_no else "et andet forløb"
    where_en = "the same case" if first.case_no == fact.case_no else "another case"
    return Hit(
        key=f"{first.case_no}/{first.ref}={fact.ref}",
        case_no=fact.case_no or None,
        line_no=again.line_no,
        on=fact.on,
        da=f"Filen, der kom ind {dato(fact.on)}, er den samme som en, der {what} i {where}"
        f" {dato(first.on)}.",
        en=f"The file that arrived on {fact.on} is the same as one that {what_en} for {where_en} on"
        f" {first.on}.",
        facts=[first, fact],
    )


@rule(1, (*RECEIPTS, "InvoiceReceived", "ReceiptRead: cvr, total"), days=60)
def invoice_and_receipt(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """A receipt of the same shop and amount as an invoice in the same case, at most so many days apart: the
    same purchase may be paid twice."""
    for case in facts.cases.values():
        for invoice in case.invoices:
            for receipt in case.receipts.values():
                apart = abs((receipt.purchased_on - invoice.issued_on).days)
                said = receipt.readings[:1]
                shops = {shop(receipt.merchant), *(each.cvr for each in said)}
                amounts = {receipt.whole, *(each.total for each in said)}
                alike = {shop(invoice.supplier), invoice.cvr} & shops
                if not alike or invoice.amount not in amounts or apart > given["days"]:
                    continue
                yield Hit(
                    key=f"{case.case_no}/{invoice.ref}={receipt.line_no}/{receipt.ref}",
                    case_no=case.case_no,
                    line_no=receipt.line_no,
                    on=max(invoice.on, receipt.on),
                    da=f"Kvitteringen på {kroner(receipt.amount)} fra {receipt.merchant} ligner fakturaen på"
                    f" {kroner(invoice.amount)} fra {dato(invoice.issued_on)} fra samme leverandør.",
                    en=f"The receipt of {dkk(receipt.amount)} from {receipt.merchant} is like the invoice"
                    f" of {dkk(invoice.amount)} of {invoice.issued_on} from the same supplier.",
                    facts=[invoice, receipt],
                    amount=receipt.amount,
                )
