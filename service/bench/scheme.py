"""The programme that made-up cases go through: its terms, its funding sources and its staff."""

from datetime import date

from domain.money import Money, kr
from domain.programme import (
    Category,
    CostFigures,
    FundingAgreement,
    LegalBasis,
    Role,
    Route,
    Rules,
    StaffMember,
    Terms,
)

BANK_ACCOUNT = "9999-0009000002"
BUYER_GLN = "5799999990014"
CAP = kr(50_000)
MONTHS = 6
CASEWORKERS = tuple(f"kons-{number}" for number in range(1, 7))
CONTROLLERS = ("fin-1", "fin-2")
SYSTEM = "system"
STAFF = (
    *(StaffMember(person=person, roles=(Role.CASEWORKER,)) for person in CASEWORKERS),
    *(StaffMember(person=person, roles=(Role.CONTROLLER,)) for person in CONTROLLERS),
    StaffMember(person="rev-1", roles=(Role.AUDITOR,)),
    StaffMember(person="adm-1", roles=(Role.ADMINISTRATOR,)),
    StaffMember(person=SYSTEM, roles=(Role.SYSTEM,)),
)
CATEGORIES = ("course", "driving_licence", "computer", "therapy", "tools")
LEGAL_BASES = {"LAB-32": "AARHUS", "LAB-76": "VELUX", "LAS-82": "AARHUS", "LAB-32-KK": "VELUX"}
"""Each with the funding source that pays what is granted under it."""


def terms(start: date, end: date) -> Terms:
    """Every route is open, so that every kind of payment can be had."""
    return Terms(
        name="Personlige, borgerstyrede budgetter",
        kind="new-practice",
        currency="DKK",
        start=start,
        end=end,
        rules=Rules(
            version=1,
            cap=CAP,
            months=MONTHS,
            tranche_max=kr(10_000),
            undocumented_limit=None,
            receipt_deadline_days=30,
            declaration_max=kr(500),
            routes=(Route.EAN, Route.ACCOUNT, Route.CARD),
        ),
        legal_bases=tuple(
            LegalBasis(id=basis, text=basis, covered_by_law=basis != "LAB-32-KK", funding=fund)
            for basis, fund in LEGAL_BASES.items()
        ),
        categories=tuple(Category(id=each, name=each) for each in CATEGORIES),
        misuse_kinds=("private_consumption", "other"),
        outcomes=("employed", "education", "on_benefits"),
        outcomes_left=("employed", "education"),
        buyer_gln=BUYER_GLN,
        buyer_name="Aarhus Kommune, Jobcenter",
        bank_account=BANK_ACCOUNT,
        costs=CostFigures(
            extra_cost_per_citizen={"consultants": kr(400)},
            benefit_per_month=kr(13_000),
            casework_per_year=kr(12_300),
            activation_per_year=kr(15_500),
        ),
    )


def funding(cases: int) -> tuple[FundingAgreement, ...]:
    """Two sources, each large enough for all those cases' budgets."""
    enough = Money(CAP.ore * max(cases, 1))
    return tuple(
        FundingAgreement(id=fund, name=fund.title(), amount=enough)
        for fund in sorted(set(LEGAL_BASES.values()))
    )
