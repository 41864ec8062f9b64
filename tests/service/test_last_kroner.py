"""Two people approve the last kroner of a fund at the same moment, 200 times over 8 threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from domain.case.state import cases
from domain.fund import funds
from domain.money import ZERO, kr
from domain.programme import FundingAgreement, LegalBasis
from domain.words import Command, Refused
from projections.balances import balances
from service.app import Teten
from service.log import Log
from tests import examples
from tests.scenario import DAY

ROUNDS = 50  # Of each of the four pairs.
LAST = kr(10)
FUNDS = [f"FUND-{number:03}" for number in range(4 * ROUNDS)]
TERMS = examples.terms(cap=kr(10_000)).model_copy(
    update={
        "legal_bases": tuple(
            LegalBasis(id=f"BASIS-{fund}", text="LAB § 32", covered_by_law=True, funding=fund)
            for fund in FUNDS
        )
    }
)
FUNDING = tuple(FundingAgreement(id=fund, name=fund, amount=LAST) for fund in FUNDS)
PAIRS = [(f"A-{pair}", f"B-{pair}") for pair in range(4)]
numbers = count(1)


def fresh(command: Command) -> Command:
    return command.model_copy(update={"id": f"c-{next(numbers)}"})


def funds_of(pair: int) -> list[str]:
    return FUNDS[pair * ROUNDS : (pair + 1) * ROUNDS]


@pytest.fixture
def logs(teten: Teten) -> Iterator[tuple[Log, Log]]:
    """Two services on one database, with eight cases that all wait for approval."""
    teten.log.handle(fresh(examples.establish(terms=TERMS, funding=FUNDING)))
    for pair, case_nos in enumerate(PAIRS):
        lines = tuple(
            examples.course(line_no=n, amount=LAST, legal_basis=f"BASIS-{fund}", funding=fund)
            for n, fund in enumerate(funds_of(pair), start=1)
        )
        for case_no in case_nos:
            for step in (examples.register, examples.offer, examples.accept_offer):
                teten.log.handle(fresh(step(case_no=case_no)))
            teten.log.handle(fresh(examples.submit(case_no=case_no, lines=lines)))
            teten.log.handle(fresh(examples.assess(case_no=case_no)))
    other = Log(teten.url)
    yield teten.log, other
    other.close()


def approve_all(log: Log, case_no: str, by: str, start: Barrier) -> list[str]:
    """Line by line, each at the same moment as the other one of the pair."""
    answers = []
    for line_no in range(1, ROUNDS + 1):
        ask = fresh(examples.approve_line(case_no=case_no, line_no=line_no, by=by))
        start.wait(timeout=60)
        try:
            log.handle(ask)
        except Refused as no:
            answers.append(no.code)
        else:
            answers.append("granted")
    return answers


def test_never_a_krone_past_the_fund_and_never_an_approval_lost(
    teten: Teten, logs: tuple[Log, Log]
) -> None:
    with ThreadPoolExecutor(8) as threads:
        runs = {}
        for case_nos in PAIRS:
            start = Barrier(2)
            for case_no, log, by in zip(case_nos, logs, ("kons-1", "both-1"), strict=True):
                runs[case_no] = threads.submit(approve_all, log, case_no, by, start)
    answers = {case_no: run.result() for case_no, run in runs.items()}

    for pair, case_nos in enumerate(PAIRS):
        for line_no, fund in enumerate(funds_of(pair), start=1):
            told = {case_no: answers[case_no][line_no - 1] for case_no in case_nos}
            assert sorted(told.values()) == ["funding_exhausted", "granted"]
            for case_no, answer in told.items():
                line = teten.log.state(cases, case_no).lines[line_no]
                assert line.granted == (LAST if answer == "granted" else None)
            assert teten.log.state(funds, "NP", fund).available == ZERO

    teten.rows.catch_up()
    with teten.rows.snapshot() as rows:
        for fund in FUNDS:
            row = rows.get(balances, f"funding/NP/{fund}")
            assert row
            assert (row.figures(DAY).granted, row.available(DAY)) == (LAST, ZERO)
