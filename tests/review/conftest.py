"""A case with a payment, in a programme of its own database, and rules that find something in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.case import cases
from domain.money import kr
from projections.flags.catalogue import RULES
from projections.flags.facts import Fact
from projections.flags.rule import Hit, Parameters, Rule, Stage
from projections.flags.view import Facts
from service.app import Teten, opened
from service.settings import Settings
from tests import examples
from tests.conftest import fresh_database
from tests.service.test_overdocumented import enter


def _handed_in(facts: Facts, parameters: Parameters) -> Iterator[Hit]:
    """A receipt of at least so many kroner."""
    for case, receipt in facts.receipts:
        if receipt.amount >= kr(parameters["at_least"]):
            yield Hit(
                key=f"{case.case_no}/{receipt.ref}",
                case_no=case.case_no,
                on=receipt.on,
                da=f"Kvittering {receipt.ref} er på {receipt.amount.danish()} kr.",
                en=f"Receipt {receipt.ref} is of DKK {receipt.amount}.",
                facts=[Fact.model_validate(receipt, from_attributes=True)],
                line_no=receipt.line_no,
                amount=receipt.amount,
            )


LARGE = Rule("large_receipt", 1, Stage.LIVE, {"at_least": 1_000}, ("ReceiptHandedIn",), _handed_in)
SHIPPED = dict(RULES)
DRAFT = replace(LARGE, id="small_receipt", stage=Stage.DRAFT, parameters={"at_least": 1})


@pytest.fixture(autouse=True)
def rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Rule]:
    """Two rules, one of them a draft, in place of those that the code has."""
    for name in list(RULES):
        monkeypatch.delitem(RULES, name)
    for rule in (LARGE, DRAFT):
        monkeypatch.setitem(RULES, rule.id, rule)
    return RULES


@pytest.fixture
def every_rule() -> dict[str, Rule]:
    """Those that the code has."""
    return SHIPPED


@pytest.fixture(scope="module")
def paid(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """5,000 kr. were paid, and three receipts handed in, of 2,000, 1,500 and 20 kr."""
    home = tmp_path_factory.mktemp("review")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as teten:
        enter(teten, examples.establish(), *examples.assessing(), *examples.APPROVE_ALL)
        enter(teten, *examples.payment(), examples.hand_in())
        for number, amount in ((2, kr(1_500)), (3, kr(20))):
            enter(
                teten, examples.hand_in(ref=f"K-{number}", sha256=f"{number:064x}", amount=amount)
            )
        assert teten.log.state(cases, "A-1").lines[1].receipts
        yield teten
