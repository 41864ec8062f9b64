"""Whether state, rows, books and vouchers all tell what the purses (purse.py) come to."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from domain.case.state import cases
from domain.money import ZERO, total
from domain.words import Event, Past, Recorded
from projections.balances import Balance, balances
from projections.completeness import Completeness, check
from projections.intake import Picture, intake, receipt_key
from projections.ledger import ledger, postings
from projections.matching.facts import CaseFacts, matching
from projections.papers import Fate, papers
from projections.projection import Projection
from projections.spending import spending
from projections.vouchers import VoucherKind
from projections.worklists import Waiting, receipts_missing, worklists
from tests.domain.purse import Purse
from tests.scenario import fold

Place = tuple[str, int]  # Case and line.
Rows = dict[str, dict[str, Any]]  # By projection.
Figures = tuple[int, ...]
TOLD: tuple[Projection[Any], ...] = (balances, worklists, matching, papers, ledger, intake)
FIGURES = (
    *("advance_paid", "documented", "unspent_returned", "misuse", "undocumented"),
    *("claim", "repaid", "written_off"),
)


def figures(purses: Iterable[Purse]) -> Figures:
    """In the order of `FIGURES`."""
    each = [
        (
            p.advance,
            p.documented,
            p.unspent,
            p.misuse,
            p.undocumented,
            p.claim,
            p.repaid,
            p.given_up,
        )
        for p in purses
    ]
    return tuple(sum(column) for column in zip(*each, strict=True)) or (0,) * len(FIGURES)


def told_of(row: Balance | None, day: date) -> Figures:
    told = (row or Balance()).figures(day)
    return tuple(getattr(told, name).ore for name in FIGURES)


def a_line_tells(place: Place, purse: Purse, past: Past, rows: Rows, day: date) -> None:
    """Of one line: its state, what lacks of each of its tranches, and its figures."""
    case_no, line_no = place
    case = past(cases, case_no)
    line = case.lines[line_no]
    assert (line.explained.ore, line.unspent.ore) == (purse.documented, purse.unspent)
    assert (line.undocumented.ore, line.claim.ore) == (purse.undocumented, purse.claim)
    assert purse.documented >= 0 <= purse.claim
    assert purse.undocumented >= 0 or purse.back  # Only a payment that came back leaves less.
    lacking = purse.lacking
    assert {t.ref: ore.ore for t, ore in line.lacking()} == lacking
    waiting: Waiting = rows[worklists.name][f"case-{case_no}"]
    missing = [each for each in receipts_missing(waiting, day) if each.line == str(line_no)]
    assert {each.tranche: each.undocumented.ore for each in missing} == lacking
    facts: CaseFacts = rows[matching.name][f"case-{case_no}"]
    assert {a.ref: ore.ore for a, ore in facts.lines[line_no].lacking()} == lacking
    row = rows[balances.name].get(f"line/{case.programme}/{case_no}/{line_no}")
    assert told_of(row, day) == figures([purse])


def each_source_bears_its_own(place: Place, purse: Purse, past: Past) -> None:
    """No source explains more than it paid, nor gets more back of a receipt than it bore of it."""
    line = past(cases, place[0]).lines[place[1]]
    if not line.sources:
        return
    pots = {name: {c: a.ore for c, a in pot.items()} for name, pot in line.pots.items()}
    assert sum(pots.get("advance", {}).values()) == purse.undocumented
    for ref, slip in purse.slips.items():
        stands = pots.get(f"accepted {ref}", {})
        assert sum(stands.values()) == slip.accepted - slip.refunded
        assert min(stands.values(), default=0) >= 0
    if not purse.back:
        assert min(pots.get("advance", {}).values(), default=0) >= 0


def an_event_books(entry: Recorded[Event]) -> None:
    """What it debits it credits, source by source, and the parts of it are the whole."""
    event: Any = entry.event
    booked = postings(event)
    assert total(each.amount for each in booked) == ZERO
    for codes in {each.account_string for each in booked}:
        assert total(each.amount for each in booked if each.account_string == codes) == ZERO
    if parts := getattr(event, "parts", ()):
        whole = getattr(event, "change", None) or event.amount
        assert total(part.amount for part in parts) == whole
        assert len({part.account_string for part in parts}) == len(parts)


def the_parts_agree(
    purses: Mapping[Place, Purse], programmes: Mapping[str, str], rows: Rows, day: date
) -> None:
    """Lines, cases, sources and categories come to the same as their programme."""
    known = rows[balances.name]
    for programme in set(programmes.values()):
        mine = {at: each for at, each in purses.items() if programmes[at[0]] == programme}
        whole = figures(mine.values())
        assert told_of(known.get(f"programme/{programme}"), day) == whole
        for case_no in {case_no for case_no, _ in mine}:
            of_case = [each for at, each in mine.items() if at[0] == case_no]
            assert told_of(known.get(f"case/{programme}/{case_no}"), day) == figures(of_case)
        for dimension in ("funding", "category", "legal_basis", "phase"):
            parts = [
                told_of(row, day)
                for key, row in known.items()
                if key.startswith(f"{dimension}/{programme}/")
            ]
            assert tuple(sum(column) for column in zip(*parts, strict=True)) == whole


def vouchers_are_complete(
    purses: Mapping[Place, Purse], programme: str, rows: Rows, day: date
) -> None:
    """Each krone that is documented has its voucher, and each receipt that nobody judged is listed."""
    found = completeness(programme, rows, day)
    assert found.breaches == []
    declared = sum(purse.declared for purse in purses.values())
    of_receipts = sum(purse.documented for purse in purses.values()) - declared
    told = {kind: amount.ore for kind, amount in found.documented.items() if amount}
    assert told.pop(VoucherKind.DECLARATION, 0) == declared
    assert told.pop(VoucherKind.RECEIPT, 0) == of_receipts
    assert not told
    waits = {
        (case_no, line_no, ref)
        for (case_no, line_no), purse in purses.items()
        for ref, slip in purse.slips.items()
        if slip.stage == "handed_in"
    }
    listed = {
        (each.case, each.line, each.ref)
        for each in found.open
        if each.what == VoucherKind.RECEIPT and each.fate is Fate.AWAITING
    }
    assert listed == waits


def completeness(programme: str, rows: Rows, day: date) -> Completeness:
    return check(rows[papers.name].values(), programme, day, day)


def the_queue_tells(purses: Mapping[Place, Purse], rows: Rows) -> None:
    """A receipt is open as long as somebody has a share of it to judge."""
    unjudged: dict[str, list[int]] = {}
    for (case_no, line_no), purse in purses.items():
        for ref, slip in purse.slips.items():
            lines = unjudged.setdefault(receipt_key(case_no, ref), [])
            lines += [line_no] if slip.stage == "handed_in" else []
    for key, lines in unjudged.items():
        picture: Picture = rows[intake.name][key]
        assert (sorted(picture.unjudged), picture.open) == (sorted(lines), bool(lines))


def a_source_accounts_for_a_period(
    programme: str, fund: str, rows: Rows, first: date, last: date
) -> None:
    balance = rows[balances.name][f"funding/{programme}/{fund}"]
    account = spending(balance, rows[ledger.name], rows[papers.name], first, last)
    assert account.reconciles
    assert total(each.amount for each in account.documented) == account.movement.documented
    assert total(each.amount for each in account.payments) == account.movement.paid


def told_anew_is_the_same(log: Iterable[Recorded[Event]], rows: Rows) -> None:
    """To the byte."""
    log = list(log)
    for each in TOLD:
        anew = {key: row.model_dump_json() for key, row in fold(each, log).items()}
        assert anew == {key: row.model_dump_json() for key, row in rows[each.name].items()}
