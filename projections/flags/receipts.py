"""Rules on one receipt: what was keyed of it, what its picture says, and the line that it is for."""

from collections.abc import Iterator
from datetime import timedelta

from stdnum.dk import cvr as cvr_numbers

from domain.money import Money, kr
from projections.flags.facts import CaseFacts, LineFact, Receipt, Said
from projections.flags.kinds import DANISH, ENGLISH, Kind, kind_of_name, shop
from projections.flags.rule import Hit, Parameters, rule
from projections.flags.view import GAPS, NOBODY, RECEIPTS, TRADES, Facts, lacking
from projections.flags.wording import dato, dkk
from projections.flags.wording import kr as kroner

VAT_PARTS = (
    5  # MOMS is 25 % of the price without it: a fifth of the price with it (momsloven § 33).
)


def _hit(case: CaseFacts, receipt: Receipt, da: str, en: str, said: Said | None = None) -> Hit:
    return Hit(
        key=f"{case.case_no}/{receipt.line_no}/{receipt.ref}",
        case_no=case.case_no,
        line_no=receipt.line_no,
        on=said.on if said else receipt.on,
        da=da,
        en=en,
        facts=[receipt, *([said] if said else [])],
        amount=receipt.amount,
    )


def _readings(facts: Facts) -> Iterator[tuple[CaseFacts, Receipt, Said]]:
    for case, receipt in facts.receipts:
        for said in receipt.readings:
            yield case, receipt, said


def _kind(facts: Facts, line: LineFact, merchant: str) -> Kind | None:
    """The kind of private spending that the merchant's name tells, unless the line may be for it."""
    kind = kind_of_name(merchant)
    own = line.supplier_name and shop(line.supplier_name) == shop(merchant)
    groceries = kind is Kind.GROCERIES and facts.buys_goods(line)
    family = kind in (Kind.FAMILY, Kind.LEISURE) and facts.is_open(line)
    return None if own or groceries or family else kind


@rule(1, (*RECEIPTS, "BudgetSubmitted"))
def merchant_private(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """A receipt from a merchant whose name tells of private spending (a café, groceries, alcohol, betting,
    children's school, leisure), on a line for something else, and with no note that says why."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        kind = None if receipt.has_note else _kind(facts, line, receipt.merchant)
        if kind:
            yield _hit(
                case,
                receipt,
                f"Kvitteringen på {kroner(receipt.amount)} er fra {receipt.merchant}"
                f" ({DANISH[kind]}), men budgetposten er til {facts.named(line)}, og ingen har skrevet"
                " hvorfor.",
                f"The receipt of {dkk(receipt.amount)} is from {receipt.merchant} ({ENGLISH[kind]}),"
                f" but the line is for {facts.named(line)}, and nobody wrote why.",
            )


@rule(1, TRADES, cases=5)
def merchant_of_other_lines(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """A receipt from a merchant that so many other cases or more know, every one of them for other
    categories than this line's, and with no note that says why."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        if receipt.has_note or facts.is_open(line):
            continue
        trade = facts.trades.get(shop(receipt.merchant), NOBODY)
        others = trade.cases.count(receipt.on, case.case_no)
        fits = trade.knows(line.category, receipt.on, case.case_no)
        if not fits and others >= given["cases"]:
            yield _hit(
                case,
                receipt,
                f"Kvitteringen på {kroner(receipt.amount)} er fra {receipt.merchant}, som"
                f" {others} andre forløb kun har brugt til andet end {facts.named(line)}.",
                f"The receipt of {dkk(receipt.amount)} is from {receipt.merchant}, which"
                f" {others} other cases only used for something else than {facts.named(line)}.",
            )


@rule(1, TRADES, days=90, cases=5)
def merchant_nobody_knows(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """So many days after a receipt came in, no other case had ever used its merchant, while so many others
    told where they buy what the line is for; and no note says why. Not for groceries on a line for a
    business of the citizen's own. On a line for what no category covers, only where those others mostly
    buy in the same shops."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        named = line.supplier_name and shop(line.supplier_name) == shop(receipt.merchant)
        groceries = kind_of_name(receipt.merchant) is Kind.GROCERIES and facts.buys_goods(line)
        if receipt.has_note or named or groceries:
            continue
        on = receipt.on + timedelta(days=given["days"])
        trade = facts.trades.get(shop(receipt.merchant), NOBODY)
        others = facts.told_of[line.category].count(on, case.case_no)
        open_to_all = facts.is_open(line) and not facts.share_shops(line.category, on, case.case_no)
        known = trade.cases.count(on, case.case_no) > 0 or open_to_all
        if not known and others >= given["cases"]:
            hit = _hit(
                case,
                receipt,
                f"Kvitteringen på {kroner(receipt.amount)} er fra {receipt.merchant}, som intet andet"
                f" forløb har brugt, mens {others} andre forløb har fortalt, hvor de køber"
                f" {facts.named(line)}.",
                f"The receipt of {dkk(receipt.amount)} is from {receipt.merchant}, which no other case"
                f" used, while {others} other cases told where they buy {facts.named(line)}.",
            )
            yield hit._replace(on=on)


@rule(1, GAPS, days=45)
def rejected_not_replaced(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """A receipt was rejected, and so many days later no other of the same day or amount had come on its
    line, and money is still missing there. One that couldn't be read is handed in again before that."""
    for case, receipt in facts.receipts:
        if not receipt.rejected or receipt.outlay:
            continue
        on = receipt.rejected.on + timedelta(days=given["days"])
        settled = [each for each in case.settled if each.line_no == receipt.line_no]
        missing = any(lacking(case, tranche, on) for tranche in settled)
        again = any(
            other.on <= on
            and other.ref != receipt.ref
            and not (other.rejected and other.rejected.on <= on)
            and (other.purchased_on == receipt.purchased_on or other.amount == receipt.amount)
            for other in case.handed_in(receipt.line_no)
        )
        if missing and not again:
            hit = _hit(
                case,
                receipt,
                f"Kvitteringen på {kroner(receipt.amount)} fra {receipt.merchant} blev afvist"
                f" {dato(receipt.rejected.on)}. {given['days']} dage senere er ingen anden kommet i"
                " stedet.",
                f"The receipt of {dkk(receipt.amount)} from {receipt.merchant} was rejected on"
                f" {receipt.rejected.on}. {given['days']} days later no other has come in its place.",
            )
            yield hit._replace(on=on, facts=[receipt, receipt.rejected])


@rule(1, ("ReceiptHandedIn", "TrancheReleased"))
def dated_before_payment(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """The purchase was made before any money of the line was released: the advance didn't pay for it."""
    for case, receipt in facts.receipts:
        released = [
            each
            for each in case.released
            if each.line_no == receipt.line_no and each.on <= receipt.on
        ]
        first = min((each.on for each in released), default=None)
        if not receipt.outlay and first and receipt.purchased_on < first:
            yield _hit(
                case,
                receipt,
                f"Købet på {kroner(receipt.amount)} er fra {dato(receipt.purchased_on)}, men de første"
                f" penge på budgetposten blev frigivet {dato(first)}.",
                f"The purchase of {dkk(receipt.amount)} is of {receipt.purchased_on}, but the line's"
                f" first money was released on {first}.",
            )


@rule(1, (*RECEIPTS, "TimeFrameSet", "TimeFrameExtended"), days=0)
def dated_after_end(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """The purchase was made more than so many days after the case's end date, as it was then."""
    for case, receipt in facts.receipts:
        frames = [each for each in case.time_frames if each.on <= receipt.on]
        if frames and (receipt.purchased_on - frames[-1].end_date).days > given["days"]:
            end = frames[-1].end_date
            yield _hit(
                case,
                receipt,
                f"Købet på {kroner(receipt.amount)} er fra {dato(receipt.purchased_on)}, men forløbet"
                f" sluttede {dato(end)}.",
                f"The purchase of {dkk(receipt.amount)} is of {receipt.purchased_on}, but the case"
                f" ended on {end}.",
            )


@rule(1, ("ReceiptHandedIn", "ReceiptRead: total"), at_least=1, per_cent=1)
def total_below_claim(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """The picture's total, surely read, is below the amount that was claimed, by so many kroner and so many
    per cent or more. A total above it is nothing: a part of a purchase may be for the line."""
    for case, receipt, said in _readings(facts):
        if said.total is None or "total" not in said.agreed:
            continue
        short = receipt.whole - said.total
        if (
            short >= kr(given["at_least"])
            and short.ore * 100 >= receipt.whole.ore * given["per_cent"]
        ):
            hit = _hit(
                case,
                receipt,
                f"Kvitteringens total er {kroner(said.total)}, men der er søgt {kroner(receipt.whole)}",
                f"The receipt's total is {dkk(said.total)}, but {dkk(receipt.whole)} was claimed.",
                said,
            )
            yield hit._replace(amount=short)


@rule(1, ("ReceiptHandedIn", "ReceiptRead: cvr"))
def cvr_invalid(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """The supplier's CVR number, surely read, fails its check digit (modulus 11): nobody has it."""
    for case, receipt, said in _readings(facts):
        cvr = said.cvr
        if not cvr or "cvr" not in said.agreed or cvr_numbers.is_valid(cvr):
            continue
        yield _hit(
            case,
            receipt,
            f"Kvitteringens CVR-nr. {cvr} findes ikke: kontrolcifferet passer ikke.",
            f"The receipt's CVR number {cvr} doesn't exist: its check digit is wrong.",
            said,
        )


@rule(1, ("ReceiptHandedIn", "ReceiptRead: total, vat"), at_least=5)
def vat_not_a_fifth(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """The receipt's VAT, surely read, is neither nothing nor a fifth of its total, by so many kroner or
    more. Less than a fifth can be right, where some of the goods are exempt."""
    for case, receipt, said in _readings(facts):
        sure = {"total", "vat"} <= set(said.agreed)
        if said.total is None or not said.vat or not sure:
            continue
        off = said.vat.ore * VAT_PARTS - said.total.ore
        if abs(off) >= kr(given["at_least"]).ore * VAT_PARTS:
            fifth = Money((said.total.ore + VAT_PARTS // 2) // VAT_PARTS)
            yield _hit(
                case,
                receipt,
                f"Kvitteringens moms er {kroner(said.vat)}, men en femtedel af {kroner(said.total)} er"
                f" {kroner(fifth)}",
                f"The receipt's VAT is {dkk(said.vat)}, but a fifth of {dkk(said.total)} is"
                f" {dkk(fifth)}.",
                said,
            )
