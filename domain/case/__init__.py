"""One citizen's case, one stream: every promise about that citizen's money is kept here."""

from domain.case import (
    annulment,
    appeals,
    budget,
    claims,
    enrolment,
    invoices,
    payouts,
    receipts,
    recovery,
)
from domain.case.state import Case, Line, Stage, cases

__all__ = [
    "Case",
    "Line",
    "Stage",
    "annulment",
    "appeals",
    "budget",
    "cases",
    "claims",
    "enrolment",
    "invoices",
    "payouts",
    "receipts",
    "recovery",
]
