"""One citizen's case, one stream: every promise about that citizen's money is kept here."""

from domain.case import (
    annulment,
    appeals,
    assessment,
    budget,
    changes,
    claims,
    enrolment,
    expenses,
    forgetting,
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
from domain.case.line import Line
from domain.case.state import Case, Stage, cases

__all__ = [
    "Case",
    "Line",
    "Stage",
    "annulment",
    "appeals",
    "assessment",
    "budget",
    "cases",
    "changes",
    "claims",
    "enrolment",
    "expenses",
    "forgetting",
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
