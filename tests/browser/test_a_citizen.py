"""A citizen with a telephone hands in a picture of a receipt, and sees what was read."""

from tests.browser.installation import BORN, Installation
from tests.browser.visitor import Visitor
from tests.conftest import PILOT

RECEIPT = PILOT / "receipts" / "k00001.png"


def test_a_photo_is_handed_in_and_what_was_read_is_told(
    phone: Visitor, there: Installation
) -> None:
    phone.comes_by(there.link, BORN)
    phone.page.get_by_label("Billeder eller PDF").set_input_files(RECEIPT)
    phone.page.get_by_label("Til post").select_option("1")
    phone.presses("Send")
    sent = phone.page.locator("#vouchers ~ table tbody tr").first
    phone.waits_for(sent.locator("[data-label=Status]"), "Modtaget, venter på jobkonsulenten")
    assert "kr. (" in sent.locator("[data-label=Læst]").inner_text()
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 375  # Nothing sideways.
    sent.get_by_role("link").click()
    phone.sees("Hvad maskinen læste")
