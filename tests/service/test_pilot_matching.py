"""Each receipt of the data sets, when it was handed in: is the line that it was for proposed first?

What proposals go by is folded from the events before it alone, as it was on the day.
"""

from collections import Counter
from collections.abc import Iterable

import pytest

from domain.case.receipts import ReceiptHandedIn
from domain.words import Event, Recorded
from projections.matching.facts import CaseFacts, Merchants, matching, merchants
from projections.matching.proposals import Wanted, proposals
from projections.projection import Projection, Row
from service.app import Teten


def told(rows: dict[str, Row], projection: Projection[Row], news: Recorded[Event]) -> None:
    for key in projection.keys(news):
        rows[key] = projection.fold(rows.get(key) or projection.row(), key, news)


def measured(history: Iterable[Recorded[Event]]) -> Counter[str]:
    """In the case that the receipt was handed in for."""
    found: Counter[str] = Counter()
    cases: dict[str, CaseFacts] = {}
    names: dict[str, Merchants] = {}
    for news in history:
        event = news.event
        if isinstance(event, ReceiptHandedIn):
            facts = cases[news.stream]
            known = {row.category: row.merchants for row in names.values()}
            wanted = Wanted(
                amount=event.amount, purchased_on=event.purchased_on, merchant=event.merchant
            )
            lines = [each.line_no for each in proposals(wanted, [facts], known)]
            found["receipts"] += 1
            found["choices"] += len(facts.waiting)
            found["first"] += lines[:1] == [event.line_no]
            found["first two"] += event.line_no in lines[:2]
            found["none"] += not lines
        told(cases, matching, news)
        told(names, merchants, news)
    return found


@pytest.mark.parametrize(("data", "first"), [("practice", 94), ("pilot", 89)])
def test_the_line_that_a_receipt_is_for_is_proposed_first_or_second(
    request: pytest.FixtureRequest, data: str, first: int
) -> None:
    """Second where a case has two lines of one category: nothing on the receipt tells them apart."""
    teten: Teten = request.getfixturevalue(data)
    found = measured(teten.log.everything())
    assert 100 * found["first"] >= first * found["receipts"]
    assert 100 * found["first two"] >= 98 * found["receipts"]
    assert found["choices"] > 2 * found["receipts"]
