"""One citizen's case, one stream: every promise about that citizen's money is kept here."""

from domain.case import (
    annulment,
    assessment,
    budget,
    changes,
    enrolment,
    expenses,
    lapse,
    payouts,
    receipts,
    recovery,
    screening,
    stops,
    support,
    time_frame,
    trajectory,
)
from domain.case.state import Case, Line, Stage, cases

__all__ = [
    "Case",
    "Line",
    "Stage",
    "annulment",
    "assessment",
    "budget",
    "cases",
    "changes",
    "enrolment",
    "expenses",
    "lapse",
    "payouts",
    "receipts",
    "recovery",
    "screening",
    "stops",
    "support",
    "time_frame",
    "trajectory",
]
