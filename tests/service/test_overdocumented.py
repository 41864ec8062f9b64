"""A payment that comes back after its receipts were accepted: booked, and listed for a person."""

from datetime import date

from domain.words import Command
from service.app import Teten
from tests import examples
from tests.service.test_log import fresh


def enter(teten: Teten, *commands: Command) -> None:
    for command in commands:
        teten.log.handle(fresh(command))


def test_a_line_with_more_receipts_than_money_is_listed_from_the_day_the_payment_came_back(
    teten: Teten,
) -> None:
    enter(
        teten,
        examples.establish(),
        *examples.assessing(),
        examples.approve_line(),
        *examples.payment(),
        examples.hand_in(),
        examples.accept_receipt(),
    )
    with teten.reports("NP") as reports:
        assert reports.overdocumented() == []
    back = date(2019, 4, 1)
    returned = examples.receive(examples.returned_payment(), statement="S-2", effective_on=back)
    enter(teten, returned)
    with teten.reports("NP") as reports:
        assert reports.overdocumented() == ["A-1/1"]
        assert reports.report(None, back)["line"]["A-1/1"]["undocumented"] == "-2000.00"
        assert reports.overdocumented(date(2019, 3, 31)) == []
