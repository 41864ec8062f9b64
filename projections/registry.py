"""Every projection there is."""

from typing import Any

from projections.audit_trail import audit_trail
from projections.balances import balances
from projections.claims import claims
from projections.flags.gathering import arrivals, case_facts
from projections.intake import intake
from projections.journeys import journeys
from projections.ledger import ledger
from projections.matching.facts import matching, merchants
from projections.misuse import misuse
from projections.papers import papers
from projections.partners import partners
from projections.programmes import programmes
from projections.projection import Projection
from projections.review import review
from projections.samples import samples
from projections.statements import statements
from projections.worklists import worklists

PROJECTIONS: list[Projection[Any]] = [
    programmes,
    ledger,
    balances,
    partners,
    journeys,
    worklists,
    claims,
    misuse,
    statements,
    papers,
    audit_trail,
    samples,
    intake,
    review,
    case_facts,
    arrivals,
    matching,
    merchants,
]
