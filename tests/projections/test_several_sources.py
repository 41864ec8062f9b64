"""A line with several sources in the books: each krone is booked on its own source."""

from datetime import date

from domain.money import ZERO, kr, total
from projections.balances import Figures, balances
from projections.ledger import Account, postings
from tests.examples import accept_receipt, confirm_misuse, hand_in, payment, stop
from tests.examples_sources import SHARED, TURNS
from tests.scenario import Story, fold


def figures(story: Story, row: str) -> Figures:
    return fold(balances, story.log)[row].figures(date.max)


SPENT = TURNS.does(
    *payment("T-1", kr(5_000)),
    hand_in(amount=kr(4_500)),
    accept_receipt(amount=kr(4_500)),
    confirm_misuse(amount=kr(300)),
)


def test_each_source_has_its_own_figures_and_the_line_has_them_all() -> None:
    ours, theirs = (figures(SPENT, f"funding/NP/{fund}") for fund in ("AARHUS", "VELUX"))
    assert (ours.granted, ours.paid, ours.documented) == (kr(4_000), kr(4_000), kr(4_000))
    assert (theirs.granted, theirs.paid, theirs.documented) == (kr(6_000), kr(1_000), kr(500))
    assert (ours.misuse, theirs.misuse, theirs.undocumented) == (ZERO, kr(300), kr(200))
    line = figures(SPENT, "line/NP/A-1/1")
    assert line == figures(SPENT, "case/NP/A-1") == figures(SPENT, "programme/NP")
    for name in Figures.model_fields:
        both = getattr(ours, name), getattr(theirs, name)
        assert total(both) == getattr(line, name), name


def test_the_legal_bases_have_their_own_figures_too() -> None:
    assert figures(SPENT, "legal_basis/NP/LAB-32").paid == kr(4_000)
    assert figures(SPENT, "legal_basis/NP/LAB-76").paid == kr(1_000)


def test_every_entry_balances_on_every_source() -> None:
    for entry in SHARED.does(*payment("T-1", kr(1_000, 1)), stop()).log:
        booked = postings(entry.event)
        for codes in {posting.account_string for posting in booked}:
            assert total(p.amount for p in booked if p.account_string == codes) == ZERO


def test_a_grant_books_its_change_on_each_source() -> None:
    [granted] = [e.event for e in TURNS.log if type(e.event).__name__ == "LineGranted"]
    committed = {
        p.account_string.funding: p.amount
        for p in postings(granted)
        if p.account is Account.COMMITTED
    }
    assert committed == {"AARHUS": kr(4_000), "VELUX": kr(6_000)}
