"""A budget whose lines have several sources: one by share, and one in turn."""

from domain.case.sources import SourceWanted
from domain.money import kr
from tests import examples as ask

BY_SHARE = (
    SourceWanted(legal_basis="LAB-32", funding="AARHUS", share=2),
    SourceWanted(legal_basis="LAB-76", funding="VELUX", share=1),
)
IN_TURN = (
    SourceWanted(legal_basis="LAB-32-KK", funding="VELUX", up_to=kr(1)),
    SourceWanted(legal_basis="LAB-32", funding="AARHUS"),
)
SEVERAL = (
    ask.course(amount=kr(4), sources=BY_SHARE),
    ask.licence(amount=kr(3), sources=IN_TURN),
    ask.computer(amount=kr(2)),
)
