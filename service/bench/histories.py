"""Made-up cases from the first offer to the outcome."""

from collections.abc import Sequence
from datetime import timedelta

from domain.case.assessment import AssessBudget
from domain.case.budget import (
    AmendLine,
    ApproveLine,
    LineWanted,
    RejectLine,
    RequestChanges,
    SubmitBudget,
)
from domain.case.enrolment import (
    AcceptOffer,
    CompleteCase,
    DeclineOffer,
    OfferProgramme,
    RecordOutcome,
    RegisterCase,
    StopCase,
)
from domain.case.expenses import ApproveExpense, AttestExpense
from domain.case.invoices import ReceiveInvoice
from domain.case.payouts import (
    ApproveTranche,
    CancelTranche,
    ReleaseTranche,
    ReportCardUse,
    RequestTranche,
)
from domain.case.readings import RecordReading
from domain.case.receipts import AcceptReceipt, DeclareLoss, HandInReceipt, RejectReceipt
from domain.case.recovery import ConfirmMisuse, WriteOffClaim
from domain.case.time_frame import ExtendTimeFrame
from domain.money import Money, kr
from domain.programme import Route
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from service.bench import scheme
from service.bench.life import CASE, FIRST_DAY, HASH, Life, Step, fingerprint, words_of

OWN, COLLEAGUE = scheme.CASEWORKERS[0], scheme.CASEWORKERS[1]
LINES_AT_MOST = 9


def enrols(life: Life) -> None:
    life.does(
        RegisterCase,
        scheme.SYSTEM,
        citizen=f"citizen-{HASH}0000",
        phase="1",
        selection="random",
        sparring="individual",
        caseworker=OWN,
    )
    life.days_pass(1, 5)
    life.does(OfferProgramme, OWN)
    life.days_pass(2, 10)


def joins(life: Life, lines: Sequence[LineWanted]) -> None:
    """Registered, offered, accepted, a budget handed in and assessed."""
    enrols(life)
    life.does(AcceptOffer, OWN)
    life.days_pass(5, 15)
    life.does(SubmitBudget, OWN, lines=tuple(lines))
    life.days_pass(1, 4)
    life.does(AssessBudget, COLLEAGUE, colour="green")


def line(
    number: int, amount: Money, route: Route = Route.ACCOUNT, basis: str = "LAB-32"
) -> LineWanted:
    return LineWanted(
        line_no=number,
        category=scheme.CATEGORIES[number % len(scheme.CATEGORIES)],
        amount=amount,
        includes_vat=True,
        route=route,
        legal_basis=basis,
        funding=scheme.LEGAL_BASES[basis],
        words=words_of("line", str(number)),
    )


def whole(number: int) -> list[Step]:
    """A whole case: one in five declines, the others take part, each in a way of its own."""
    life = Life(number)
    if number % 5 == 0:
        enrols(life)
        life.does(DeclineOffer, OWN, reason=words_of("decline"))
        return life.steps
    routes = [life.dice.choice((Route.ACCOUNT, Route.ACCOUNT, Route.CARD, Route.EAN)) for _ in "12"]
    routes += [life.dice.choice((Route.ACCOUNT, Route.EAN))] * life.chance(50)
    lines = [
        line(n, life.some(4_000, 15_000), route, life.dice.choice(list(scheme.LEGAL_BASES)))
        for n, route in enumerate(routes, start=1)
    ]
    joins(life, lines)
    _grants(life, lines)
    for each in lines:
        if each.route is Route.EAN:
            _invoiced(life, each)
        else:
            _paid_out(life, each, tranches=life.dice.randint(1, 2))
    _ends(life)
    return life.steps


def _grants(life: Life, lines: list[LineWanted]) -> None:
    if life.chance(20):
        life.does(RequestChanges, OWN, wanted=words_of("changes"))
        life.days_pass(2, 6)
        life.does(SubmitBudget, OWN, lines=tuple(lines))
    life.does(AssessBudget, life.caseworker(), colour="yellow" if life.chance(30) else "green")
    life.days_pass(1, 3)
    for each in list(lines):
        if each.line_no > 1 and life.chance(15):
            life.does(RejectLine, OWN, line_no=each.line_no, reason=words_of("reject"))
            lines.remove(each)
        else:
            life.does(ApproveLine, OWN, line_no=each.line_no)
    if life.chance(25):
        first = lines[0]
        more = first.amount + life.some(100, 500)
        life.does(AmendLine, OWN, line_no=1, amount=more, reason=words_of("amend"))
        life.does(ApproveLine, OWN, line_no=1)
    if life.chance(15):
        later = FIRST_DAY + timedelta(days=280)
        life.does(ExtendTimeFrame, OWN, end_date=later, reason=words_of("extend"), ground="illness")


def _paid_out(life: Life, of: LineWanted, tranches: int) -> None:
    """In tranches, each explained by receipts before the next one."""
    part = Money(of.amount.ore // (tranches + 1) // 100 * 100)
    for _ in range(tranches):
        ref = _ordered(life, of.line_no, part)
        life.bank_says(part, end_to_end_id=ref)
        if life.chance(10):
            life.bank_says(part, "CRDT", end_to_end_id=ref, return_reason="AC04")
            life.bank_says(part, end_to_end_id=(ref := _ordered(life, of.line_no, part)))
        if of.route is Route.CARD:
            _uses_card(life, part)
        _explained(life, of.line_no, part)


def _ordered(life: Life, line_no: int, amount: Money) -> str:
    ref = life.number("T")
    which = {"line_no": line_no, "ref": ref}
    life.does(RequestTranche, OWN, amount=amount, **which)
    if life.chance(8):
        life.does(CancelTranche, OWN, **which)
        return _ordered(life, line_no, amount)
    life.days_pass(1, 2)
    life.does(ApproveTranche, life.caseworker(), **which)
    life.does(ReleaseTranche, life.controller(), **which)
    return ref


def _uses_card(life: Life, amount: Money) -> None:
    for merchant, mcc in (("Fagkurser Midt", "8299"), ("Elgiganten", "5732")):
        spent = Money(amount.ore // 2)
        life.does(ReportCardUse, scheme.SYSTEM, merchant=merchant, mcc=mcc, amount=spent)
        life.days_pass(1, 2)


def _explained(life: Life, line_no: int, paid: Money) -> None:
    """By one or two receipts; now and then some is handed back, lost or misused."""
    left = paid
    for share in (2, 1) if life.chance(50) else (1,):
        amount = Money(left.ore // share // 100 * 100)
        if life.chance(10):
            _hands_in(life, line_no, amount, accepted=False)
        if share == 1 and life.chance(25):
            kept = Money(min(40_000, amount.ore // 4 // 100 * 100))
            _hands_in(life, line_no, amount - kept)
            _unexplained(life, line_no, kept)
        else:
            _hands_in(life, line_no, amount)
        left -= amount


def _hands_in(life: Life, line_no: int, amount: Money, *, accepted: bool = True) -> None:
    life.days_pass(1, 4)
    ref = life.number("K")
    life.does(
        HandInReceipt,
        life.caseworker(),
        line_no=line_no,
        ref=ref,
        amount=amount,
        sha256=fingerprint(ref),
        merchant="Fagkurser Midt",
        purchased_on=life.today,
        note=words_of(ref) if life.chance(20) else None,
    )
    which = {"line_no": line_no, "ref": ref}
    life.does(RecordReading, scheme.SYSTEM, **which, reading=_reading(life, ref, amount))
    if accepted:
        life.does(AcceptReceipt, OWN, line_no=line_no, ref=ref, amount=amount)
    else:
        life.does(RejectReceipt, OWN, line_no=line_no, ref=ref, reason=words_of(ref, "no"))


def _reading(life: Life, ref: str, amount: Money) -> Reading:
    """What its picture said: a number that no other receipt has."""
    done = len(life.steps)
    return Reading(
        readers=("made up",),
        pages=1,
        total=ReadMoney(amount=amount, confidence=99),
        vat=ReadMoney(amount=Money(0), confidence=99),
        purchased_on=ReadDay(day=life.today, confidence=99),
        time=ReadText(text=f"{9 + done % 9:02d}:{done * 7 % 60:02d}", confidence=99),
        cvr=ReadText(text="91335417", confidence=99),
        number=ReadText(text=ref, confidence=99),
        agreed=("cvr", "number", "purchased_on", "time", "total", "vat"),
    )


def _unexplained(life: Life, line_no: int, amount: Money) -> None:
    what = life.dice.choice(("unspent", "lost", "misused"))
    if what == "unspent":
        life.bank_says(amount, "CRDT", hands_back=f"UNSPENT {CASE}/{line_no}")
    elif what == "lost":
        by = life.controller()
        life.does(DeclareLoss, by, line_no=line_no, amount=amount, words=words_of("loss"))
    else:
        misuse = {"line_no": line_no, "amount": amount, "kind": "private_consumption"}
        life.does(ConfirmMisuse, life.controller(), **misuse)
        half = Money(amount.ore // 2)
        life.bank_says(half, "CRDT", hands_back=f"REPAY {CASE}/{line_no}")
        if life.chance(50):
            rest = {"line_no": line_no, "amount": amount - half}
            life.does(WriteOffClaim, life.controller(), **rest, reason=words_of("write-off"))


def _invoiced(life: Life, of: LineWanted) -> None:
    number = life.number("F")
    life.does(
        ReceiveInvoice,
        scheme.SYSTEM,
        file=f"invoices/{number}.xml",
        sha256=fingerprint(number),
        faults=(),
        buyer_gln=scheme.BUYER_GLN,
        supplier_cvr="91335417",
        supplier_name="Datamaterial ApS",
        number=number,
        amount=of.amount,
        issued_on=life.today,
        order_reference=f"{CASE}/{of.line_no}",
    )
    which = {"line_no": of.line_no, "ref": f"91335417:{number}"}
    life.days_pass(1, 3)
    life.does(AttestExpense, OWN, **which)
    life.does(ApproveExpense, life.controller(), **which)
    life.bank_says(of.amount, end_to_end_id=which["ref"])


def _ends(life: Life) -> None:
    life.days_pass(3, 20)
    if life.chance(20):
        life.does(StopCase, OWN, reason=words_of("stop"))
    else:
        life.does(CompleteCase, OWN)
    if life.chance(80):
        outcome = life.dice.choice(("employed", "education", "on_benefits"))
        life.does(RecordOutcome, OWN, outcome=outcome)


def accepted() -> list[Step]:
    """A case that has begun: whoever uses a card is in it."""
    life = Life(1)
    enrols(life)
    life.does(AcceptOffer, OWN)
    return life.steps


def in_the_middle() -> list[Step]:
    """A line paid in part and waiting for receipts, and one that waits for approval."""
    life = Life(1)
    joins(life, [line(1, kr(25_000)), line(2, kr(5_000), basis="LAB-76")])
    life.does(ApproveLine, OWN, line_no=1)
    life.bank_says(kr(10_000), end_to_end_id=_ordered(life, 1, kr(10_000)))
    return life.steps


def waiting_for_approval() -> list[Step]:
    """Nine lines, all of one fund."""
    life = Life(1)
    joins(life, [line(number, kr(5_000)) for number in range(1, LINES_AT_MOST + 1)])
    return life.steps
