"""One citizen's case, one stream: every promise about that citizen's money is kept here."""

from domain.case import (
    annulment,
    budget,
    enrolment,
    expenses,
    lapse,
    payouts,
    receipts,
    recovery,
    stops,
    support,
)
from domain.case.state import Case, Line, Stage, cases

__all__ = [
    "Case",
    "Line",
    "Stage",
    "annulment",
    "budget",
    "cases",
    "enrolment",
    "expenses",
    "lapse",
    "payouts",
    "receipts",
    "recovery",
    "stops",
    "support",
]
