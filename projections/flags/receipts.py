"""Rules on one receipt: what was keyed of it, what its picture says, and the line that it is for."""

from collections.abc import Iterator
from datetime import timedelta

from stdnum.dk import cvr as cvr_numbers

from domain.money import Money, kr, total
from projections.flags.cards import CARD
from projections.flags.facts import CaseFacts, Receipt, Said
from projections.flags.kinds import DANISH, ENGLISH, Kind, kind_of_code, kind_of_name, shop
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


def _kind(facts: Facts, case: CaseFacts, receipt: Receipt) -> Kind | None:
    """The kind of private spending that the merchant's name tells, or the code under which the case's card
    was used there, unless the line may be for it. Groceries may be what a business of one's own is made
    of, but where no card was used, whoever enters the receipt can write so."""
    line, merchant = case.lines[receipt.line_no], shop(receipt.merchant)
    used = (each for each in case.uses if each.on <= receipt.on and shop(each.merchant) == merchant)
    codes = (kind_of_code(each.mcc) for each in used)
    kind = kind_of_name(receipt.merchant) or next(filter(None, codes), None)
    own = line.supplier_name and shop(line.supplier_name) == merchant
    raw_materials = kind is Kind.GROCERIES and line.route == CARD and facts.buys_goods(line)
    family = kind in (Kind.FAMILY, Kind.LEISURE) and facts.is_open(line)
    return None if own or raw_materials or family else kind


@rule(2, (*RECEIPTS, "BudgetSubmitted", "CardUsed"))
def merchant_private(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """A receipt from a merchant whose name, or the code under which the case's card was used there, tells of
    private spending (a café, groceries, alcohol, betting, children's school, leisure), on a line for
    something else, and with no note that says why."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        kind = None if receipt.has_note else _kind(facts, case, receipt)
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


@rule(2, TRADES, days=90, cases=5)
def merchant_of_other_lines(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """A receipt from a merchant that so many other cases or more know, every one of them for other
    categories than this line's, and with no note that says why. Those who come to know it within so many
    days count, too. Not on a card line: there the card's issuer tells what kind of merchant it is."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        if receipt.has_note or line.route == CARD or facts.is_open(line):
            continue
        trade = facts.trades.get(shop(receipt.merchant), NOBODY)
        reached = trade.cases.reached(given["cases"], case.case_no)
        if not reached or reached > receipt.on + timedelta(days=given["days"]):
            continue
        on = max(receipt.on, reached)
        others = trade.cases.count(on, case.case_no)
        if not trade.knows(line.category, on, case.case_no):
            hit = _hit(
                case,
                receipt,
                f"Kvitteringen på {kroner(receipt.amount)} er fra {receipt.merchant}, som"
                f" {others} andre forløb kun har brugt til andet end {facts.named(line)}.",
                f"The receipt of {dkk(receipt.amount)} is from {receipt.merchant}, which"
                f" {others} other cases only used for something else than {facts.named(line)}.",
            )
            yield hit._replace(on=on)


@rule(2, TRADES, days=90, cases=4, per_cent=10)
def merchant_nobody_knows(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """So many days after a receipt came in, or once so many other cases told where they buy what the line is
    for, at most so many per cent of them told of its merchant for that; and no note says why. On a line for
    what no category covers, only where those others mostly buy in the same shops. Not on a card line."""
    for case, receipt in facts.receipts:
        line = case.lines[receipt.line_no]
        named = line.supplier_name and shop(line.supplier_name) == shop(receipt.merchant)
        if receipt.has_note or line.route == CARD or named:
            continue
        told = facts.told_of[line.category].reached(given["cases"], case.case_no)
        if not told:
            continue
        on = max(receipt.on + timedelta(days=given["days"]), told)
        trade = facts.trades.get(shop(receipt.merchant), NOBODY)
        open_to_all = facts.is_open(line) and not facts.share_shops(line.category, on, case.case_no)
        others = facts.told_of[line.category].count(on, case.case_no)
        there = trade.count(line.category, on, case.case_no)
        if there * 100 > others * given["per_cent"] or open_to_all:
            continue
        hit = _hit(
            case,
            receipt,
            f"Kvitteringen på {kroner(receipt.amount)} er fra {receipt.merchant}. Af {others} andre"
            f" forløb, der har fortalt, hvor de køber {facts.named(line)}, har {there} brugt den.",
            f"The receipt of {dkk(receipt.amount)} is from {receipt.merchant}. Of {others} other cases"
            f" that told where they buy {facts.named(line)}, {there} used it.",
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


@rule(2, ("ReceiptHandedIn", "ReceiptRejected", "TrancheReleased"))
def dated_before_payment(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """The purchase was made before the money that it is to account for was released: by then, earlier
    purchases had used up what had been released on the line, but for what a solemn declaration may stand
    for; with this one they came to more than that; and more was released afterwards."""
    for case, receipt in facts.receipts:
        known = [
            each
            for each in case.released
            if each.line_no == receipt.line_no and each.on <= receipt.on
        ]
        later = [each.on for each in known if each.on > receipt.purchased_on]
        before = total(each.amount for each in known if each.on <= receipt.purchased_on)
        least = facts.rules_on(receipt.on).declaration_max
        bought = _bought_before(case, receipt)
        used_up = bought + least >= before and bought + receipt.amount > before
        if not receipt.outlay and later and used_up:
            yield _hit(
                case,
                receipt,
                f"Købet på {kroner(receipt.amount)} er fra {dato(receipt.purchased_on)}, men de penge,"
                f" det skal gøre rede for, blev frigivet {dato(min(later))}.",
                f"The purchase of {dkk(receipt.amount)} is of {receipt.purchased_on}, but the money"
                f" that it is to account for was released on {min(later)}.",
            )


def _bought_before(case: CaseFacts, receipt: Receipt) -> Money:
    """What the line's earlier purchases came to, as far as they had been handed in by then."""
    return total(
        each.amount
        for each in case.handed_in(receipt.line_no)
        if each.purchased_on < receipt.purchased_on
        and each.on <= receipt.on
        and not (each.rejected and each.rejected.on <= receipt.on)
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
