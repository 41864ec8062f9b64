"""A case whose first line has two sources: the municipality and the foundation."""

from domain.case.sources import SourceWanted
from domain.money import Money, kr
from tests.examples import (
    ACCEPTED,
    approve_line,
    assess,
    course,
    submit,
)
from tests.scenario import Story

OURS = {"legal_basis": "LAB-32", "funding": "AARHUS"}
THEIRS = {"legal_basis": "LAB-76", "funding": "VELUX"}
BY_SHARE = (SourceWanted(**OURS, share=2), SourceWanted(**THEIRS, share=1))
IN_TURN = (SourceWanted(**OURS, up_to=kr(4_000)), SourceWanted(**THEIRS))


TEN_THOUSAND = kr(10_000)


def granted(sources: tuple[SourceWanted, ...], amount: Money = TEN_THOUSAND) -> Story:
    """Line 1 is granted."""
    lines = (course(amount=amount, sources=sources),)
    return ACCEPTED.does(submit(lines=lines), assess(), approve_line())


SHARED = granted(BY_SHARE)
TURNS = granted(IN_TURN)
