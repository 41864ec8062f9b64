"""One good example of everything, so that a test mentions only what it is about."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from domain.case.accounts import RegisterAccount
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
from domain.case.merchant_refunds import RecordMerchantRefund
from domain.case.payouts import (
    ApproveTranche,
    CancelTranche,
    ReleaseTranche,
    ReportCardUse,
    RequestTranche,
)
from domain.case.readings import RecordReading, RecordUnreadable
from domain.case.receipts import AcceptReceipt, DeclareLoss, HandInReceipt, RejectReceipt
from domain.case.recovery import ConfirmMisuse, WriteOffClaim
from domain.case.shared_receipts import ReceiptShare, ShareReceipt
from domain.case.sources import AccountString
from domain.case.time_frame import ExtendTimeFrame
from domain.money import Money, kr
from domain.programme import (
    Category,
    CostFigures,
    EstablishProgramme,
    FundingAgreement,
    LegalBasis,
    Role,
    Route,
    Rules,
    StaffMember,
    Terms,
)
from domain.reading import ReadDay, Reading, ReadMoney, ReadText
from domain.remittance import ReceiveStatement, StatementEntry
from domain.words import Command
from tests.scenario import DAY, NOON, Story, given, noon

M = TypeVar("M")

PAID_ON = date(2019, 3, 4)  # The bank's booking date of the first payment.
END_DATE = date(2019, 9, 1)  # Six months after DAY.
LATER = date(2019, 4, 1)
BANK_ACCOUNT = "9999-0009000001"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ACCOUNT = "account-00112233445566778899aabbccddeeff"
WORDS = "words-0123456789abcdef0123456789abcdef"  # Free text, kept in the vault.

RULES = Rules(
    version=1,
    cap=kr(50_000),
    months=6,
    tranche_max=kr(10_000),
    undocumented_limit=kr(12_000),
    receipt_deadline_days=30,
    declaration_max=kr(500),
    routes=(Route.EAN, Route.ACCOUNT, Route.CARD),
)
COSTS = CostFigures(
    extra_cost_per_citizen={"consultants": kr(400), "catering": kr(108), "speakers": kr(866)},
    benefit_per_month=kr(13_000),
    casework_per_year=kr(12_300),
    activation_per_year=kr(15_500),
)
TERMS = Terms(
    name="Personlige, borgerstyrede budgetter",
    kind="new-practice",
    currency="DKK",
    start=date(2019, 1, 1),
    end=date(2020, 6, 30),
    rules=RULES,
    legal_bases=(
        LegalBasis(id="LAB-32", text="Kurser, LAB § 32", covered_by_law=True, funding="AARHUS"),
        LegalBasis(id="LAB-32-KK", text="Kørekort", covered_by_law=False, funding="VELUX"),
        LegalBasis(id="LAB-76", text="Hjælpemidler", covered_by_law=False, funding="VELUX"),
    ),
    categories=(
        Category(id="course", name="Kurser og efteruddannelse"),
        Category(id="driving_licence", name="Kørekort"),
        Category(id="computer", name="Computer"),
    ),
    misuse_kinds=("private_consumption", "substance_use", "family_support", "other"),
    outcomes=("employed", "self_employed", "education", "on_benefits", "other"),
    outcomes_left=("employed", "self_employed", "education"),
    buyer_gln="5799999990014",
    buyer_name="Aarhus Kommune, Jobcenter",
    bank_account=BANK_ACCOUNT,
    costs=COSTS,
)
FUNDING = (
    FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=kr(40_000)),
    FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=kr(40_000)),
)
STAFF = (
    StaffMember(person="kons-1", roles=(Role.CASEWORKER,)),
    StaffMember(person="kons-2", roles=(Role.CASEWORKER,)),
    StaffMember(person="both-1", roles=(Role.CASEWORKER, Role.CONTROLLER)),
    StaffMember(person="fin-1", roles=(Role.CONTROLLER,)),
    StaffMember(person="rev-1", roles=(Role.AUDITOR,)),
    StaffMember(person="adm-1", roles=(Role.ADMINISTRATOR,)),
    StaffMember(person="system", roles=(Role.SYSTEM,)),
)


def terms(**rules: Any) -> Terms:
    """The programme's terms, with other rules."""
    return TERMS.model_copy(update={"rules": RULES.model_copy(update=rules)})


def rules(version: int = 2, **but: Any) -> Rules:
    """The next version of the rules, other than before in this."""
    return RULES.model_copy(update={"version": version, **but})


def example(kind: Callable[..., M], /, **usual: Any) -> Callable[..., M]:
    """Makes good examples: a test says what it is about, the rest is as usual. It is asked on its day."""

    def make(**but: Any) -> M:
        day = {"at": noon(but["effective_on"])} if "effective_on" in but else {}
        return kind(**(usual | day | but))

    return make


# The account strings of the three lines ----------------------------------------------------------

COURSE = AccountString(
    programme="NP", funding="AARHUS", legal_basis="LAB-32", category="course", phase="1"
)
LICENCE = AccountString(
    programme="NP", funding="VELUX", legal_basis="LAB-32-KK", category="driving_licence", phase="1"
)
COMPUTER = AccountString(
    programme="NP", funding="VELUX", legal_basis="LAB-76", category="computer", phase="1"
)

# Commands ----------------------------------------------------------------------------------------

ASKED: dict[str, Any] = {"id": "1", "at": NOON, "programme": "NP", "effective_on": DAY}
BY_CASEWORKER = ASKED | {"by": "kons-1", "case_no": "A-1"}
BY_CONTROLLER = ASKED | {"by": "fin-1", "case_no": "A-1"}
ON_LINE = BY_CASEWORKER | {"line_no": 1}
CONTROLS_LINE = BY_CONTROLLER | {"line_no": 1}

establish = example(
    EstablishProgramme, **ASKED, by="system", terms=TERMS, funding=FUNDING, staff=STAFF
)
register = example(
    RegisterCase,
    **(BY_CASEWORKER | {"by": "system"}),
    citizen="citizen-0123456789abcdef",
    phase="1",
    selection="random",
    sparring="individual",
    caseworker="kons-1",
)
register_account = example(RegisterAccount, **BY_CASEWORKER, account=ACCOUNT)
offer = example(OfferProgramme, **BY_CASEWORKER)
accept_offer = example(AcceptOffer, **BY_CASEWORKER)
decline_offer = example(DeclineOffer, **BY_CASEWORKER)
stop = example(StopCase, **BY_CASEWORKER)
complete = example(CompleteCase, **BY_CASEWORKER)
record_outcome = example(RecordOutcome, **BY_CASEWORKER, outcome="employed")

course = example(
    LineWanted,
    line_no=1,
    category="course",
    amount=kr(20_000),
    includes_vat=True,
    route=Route.ACCOUNT,
    legal_basis="LAB-32",
    funding="AARHUS",
)
licence = example(
    LineWanted,
    line_no=2,
    category="driving_licence",
    amount=kr(16_000),
    includes_vat=True,
    route=Route.CARD,
    legal_basis="LAB-32-KK",
    funding="VELUX",
)
computer = example(
    LineWanted,
    line_no=3,
    category="computer",
    amount=kr(8_000),
    includes_vat=False,
    route=Route.EAN,
    legal_basis="LAB-76",
    funding="VELUX",
    supplier_cvr="91335417",
    supplier_name="Datamaterial ApS",
)
submit = example(SubmitBudget, **BY_CASEWORKER, lines=(course(), licence(), computer()))
assess = example(AssessBudget, **(BY_CASEWORKER | {"by": "kons-2"}), colour="green")
request_changes = example(RequestChanges, **BY_CASEWORKER)
approve_line = example(ApproveLine, **ON_LINE)
reject_line = example(RejectLine, **ON_LINE)
amend_line = example(AmendLine, **ON_LINE, amount=kr(21_000))
extend = example(ExtendTimeFrame, **BY_CASEWORKER, end_date=date(2019, 12, 1))

request_tranche = example(RequestTranche, **ON_LINE, ref="T-1", amount=kr(5_000))
approve_tranche = example(ApproveTranche, **ON_LINE, ref="T-1")
release_tranche = example(ReleaseTranche, **CONTROLS_LINE, ref="T-1")
cancel_tranche = example(CancelTranche, **ON_LINE, ref="T-1")
use_card = example(
    ReportCardUse,
    **(BY_CASEWORKER | {"by": "system"}),
    merchant="Bilka",
    mcc="5411",
    amount=kr(250),
)

hand_in = example(
    HandInReceipt,
    **ON_LINE,
    ref="K-1",
    amount=kr(2_000),
    sha256=SHA256,
    merchant="Fagkurser Midt",
    purchased_on=date(2019, 3, 6),
)
accept_receipt = example(AcceptReceipt, **ON_LINE, ref="K-1", amount=kr(2_000))
share_receipt = example(
    ShareReceipt,
    **BY_CASEWORKER,
    ref="K-9",
    amount=kr(3_000),
    shares=(ReceiptShare(line_no=1, amount=kr(1_800)), ReceiptShare(line_no=2, amount=kr(900))),
    sha256="ab" * 32,
    merchant="Kursuscenter Brabrand",
    purchased_on=date(2019, 3, 6),
)
refund = example(
    RecordMerchantRefund,
    **(ON_LINE | {"at": noon(LATER), "effective_on": LATER}),
    ref="K-1",
    amount=kr(500),
    refunded_on=date(2019, 3, 20),
)
reject_receipt = example(RejectReceipt, **ON_LINE, ref="K-1")
READ = Reading(
    readers=("tesseract 5.3.0 dan",),
    pages=1,
    total=ReadMoney(amount=kr(2_000), confidence=98),
    vat=ReadMoney(amount=kr(400), confidence=97),
    purchased_on=ReadDay(day=date(2019, 3, 6), confidence=96),
    time=ReadText(text="17:42", confidence=95),
    merchant=ReadText(text="Fagkurser Midt", confidence=94),
    cvr=ReadText(text="97500398", confidence=93),
    number=ReadText(text="796897", confidence=92),
    agreed=("total",),
    likeness="9f1c00ff00aa0b3d",
)
BY_READER = ON_LINE | {"by": "system"}
record_reading = example(RecordReading, **BY_READER, ref="K-1", reading=READ)
record_unreadable = example(RecordUnreadable, **BY_READER, ref="K-1", reason="truncated")
declare_loss = example(DeclareLoss, **CONTROLS_LINE, amount=kr(300))
confirm_misuse = example(
    ConfirmMisuse, **CONTROLS_LINE, amount=kr(1_500), kind="private_consumption"
)
write_off = example(WriteOffClaim, **CONTROLS_LINE, amount=kr(400))

debit = example(
    StatementEntry,
    entry="E-1",
    booked_on=PAID_ON,
    indicator="DBIT",
    amount=kr(5_000),
    end_to_end_id="T-1",
    return_reason=None,
    hands_back=None,
    words=None,
)
returned_payment = example(debit, entry="E-2", indicator="CRDT", return_reason="AC04")
handed_back = example(
    debit,
    entry="E-3",
    indicator="CRDT",
    amount=kr(700),
    end_to_end_id=None,
    hands_back="UNSPENT A-1/1",
)
_receive = example(
    ReceiveStatement,
    **ASKED,
    by="system",
    sha256=SHA256,
    account=BANK_ACCOUNT,
    opening=kr(80_000),
    closing=kr(75_000),
)


def receive(*entries: StatementEntry, statement: str = "S-1", **but: Any) -> ReceiveStatement:
    file = f"bank/{statement}.xml"
    return _receive(statement=statement, file=file, entries=entries, **but)


# Stories -----------------------------------------------------------------------------------------

FIVE_THOUSAND = kr(5_000)


def payment(
    ref: str = "T-1",
    amount: Money = FIVE_THOUSAND,
    line_no: int = 1,
    booked_on: date = PAID_ON,
    case_no: str = "A-1",
    received_on: date | None = None,
) -> list[Command]:
    """What it takes to pay a tranche, from the request to the bank's statement, which is received then."""
    which = {"case_no": case_no, "line_no": line_no, "ref": ref}
    received = {"effective_on": received_on} if received_on else {}
    entry = debit(entry=f"E-{ref}", end_to_end_id=ref, amount=amount, booked_on=booked_on)
    return [
        request_tranche(amount=amount, **which),
        approve_tranche(**which),
        release_tranche(**which),
        receive(entry, statement=f"S-{ref}", **received),
    ]


def assessing(case_no: str = "A-1") -> list[Command]:
    """What it takes to have a budget assessed, from the registration on."""
    steps = (register, offer, accept_offer, submit, assess)
    return [step(case_no=case_no) for step in steps]


def assessed_under(funding: tuple[FundingAgreement, ...] = FUNDING, **rules: Any) -> Story:
    """A case with an assessed budget, in a programme with other funds or other rules."""
    return given().does(establish(terms=terms(**rules), funding=funding), *assessing())


def granted_under(**rules: Any) -> Story:
    """A case with three granted lines, in a programme with other rules."""
    return assessed_under(**rules).does(*APPROVE_ALL)


APPROVE_ALL = [approve_line(line_no=line_no) for line_no in (1, 2, 3)]

ESTABLISHED = given().does(establish())
REGISTERED = ESTABLISHED.does(register())
OFFERED = REGISTERED.does(offer())
ACCEPTED = OFFERED.does(accept_offer())
SUBMITTED = ACCEPTED.does(submit())
ASSESSED = SUBMITTED.does(assess())
GRANTED = ASSESSED.does(*APPROVE_ALL)
REQUESTED = GRANTED.does(request_tranche())
APPROVED = REQUESTED.does(approve_tranche())
RELEASED = APPROVED.does(release_tranche())
SETTLED = RELEASED.does(receive(debit()))  # Line 1: 5,000 kr. paid of 20,000 kr. granted.
HANDED_IN = SETTLED.does(hand_in())
MISUSED = SETTLED.does(confirm_misuse())
