"""Staff fill in the forms and send them, and see what came of it."""

import pytest
from playwright.sync_api import expect

from domain.voucher import Channel
from service.app import Teten
from service.intake.receiving import Arrival, receive
from tests.browser.installation import CASE, WORKED_IN, Installation
from tests.browser.visitor import Visitor
from tests.intake.pictures import photo

WAIVE = f"/cases/{CASE}/tranches/Z-T2/waive"


@pytest.fixture
def voucher(installed_teten: Teten, request: pytest.FixtureRequest) -> str:
    """The path of a picture that arrived for the case."""
    content = photo(request.node.name)
    sent = Arrival(WORKED_IN, "system", Channel.FOLDER, content, CASE)
    ref = receive(installed_teten, sent, f"test/{request.node.name}", "a test").ref
    return f"/intake/voucher/{WORKED_IN}/{ref}"


def test_a_caseworker_files_a_voucher(visitor: Visitor, voucher: str) -> None:
    visitor.signs_in("kons-1", voucher)
    visitor.types(line_no="1", number="Z-FILED", amount="250,00", merchant="Fagkurser Midt")
    visitor.types(purchased_on="2019-03-06")
    visitor.presses("Aflever")
    expect(visitor.page.get_by_role("heading", name="Indkomne bilag")).to_be_visible()
    visitor.goes_to(f"/cases/{CASE}")
    visitor.sees("Z-FILED")


def test_what_is_wrong_with_a_filing_is_told_in_danish_and_kept_as_typed(
    visitor: Visitor, voucher: str
) -> None:
    visitor.signs_in("kons-1", voucher)
    visitor.types(line_no="1", number="Z-WRONG", amount="to hundrede", merchant="Æbleskuret")
    visitor.types(purchased_on="2019-03-06")
    visitor.presses("Aflever")
    visitor.tells_at("amount", "Skriv beløbet i kroner, som 1.250,00.")
    visitor.has(number="Z-WRONG", amount="to hundrede", merchant="Æbleskuret", line_no="1")
    visitor.types(amount="200,00")
    visitor.presses("Aflever")
    expect(visitor.page.get_by_role("heading", name="Indkomne bilag")).to_be_visible()


def test_a_caseworker_shares_a_receipt_over_two_lines(visitor: Visitor, voucher: str) -> None:
    visitor.signs_in("kons-1", voucher)
    visitor.page.get_by_role("link", name="Del kvitteringen på flere poster").click()
    visitor.types(number="Z-SHARED", amount="300,00", merchant="Fagkurser Midt")
    visitor.types(purchased_on="2019-03-06")
    visitor.page.get_by_label("Post 1").fill("200,00")
    visitor.page.get_by_label("Post 2").fill("hundrede")
    visitor.presses("Se, hvad der vil ske")
    visitor.tells_at("line-2", "Skriv beløbet i kroner, som 1.250,00.")
    visitor.has(number="Z-SHARED", amount="300,00")
    visitor.page.get_by_label("Post 2").fill("100,00")
    visitor.presses("Se, hvad der vil ske")
    visitor.sees("intet er gemt endnu")
    visitor.presses("Aflever kvitteringen")
    expect(visitor.page).to_have_url(f"{visitor.address}/cases/{CASE}#lines")
    assert visitor.page.get_by_text("Z-SHARED").count() >= 2


def test_a_caseworker_lays_a_voucher_aside(visitor: Visitor, voucher: str) -> None:
    visitor.signs_in("kons-1", voucher)
    visitor.page.get_by_label("Bemærkning").fill("Et billede af en kat")
    visitor.presses("Læg til side")
    expect(visitor.page.get_by_role("heading", name="Indkomne bilag")).to_be_visible()
    visitor.goes_to(voucher)
    visitor.sees("Lagt til side")


def test_a_controller_waives_missing_receipts_by_the_keyboard_alone(visitor: Visitor) -> None:
    visitor.signs_in("both-1", WAIVE)
    visitor.sees("Eftergiv bilag for rate Z-T2")
    visitor.tabs_to(visitor.page.get_by_label("Begrundelse"))
    visitor.page.keyboard.type("Butikken er lukket")
    visitor.tabs_to(visitor.page.get_by_role("button", name="Se, hvad der vil ske"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("intet er gemt endnu")
    visitor.has(reason="Butikken er lukket")
    visitor.tabs_to(visitor.page.get_by_role("button", name="Eftergiv bilagene"))
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(f"{visitor.address}/cases/{CASE}#ladder")
    visitor.goes_to(WAIVE)
    visitor.sees("eller de er eftergivet")


ANSWERS: dict[str, tuple[str, dict[str, str], str]] = {
    "dismissed": ("dismiss", {"reason": "Prisen er rund"}, "both-1"),
    "upheld": ("uphold", {"reason": "Varen kom aldrig", "amount": "1.500,00"}, "1.500,00 kr."),
    "assigned": ("assign", {"to": "both-1"}, "til both-1"),
    "muted": ("mute", {"reason": "Vi venter på butikken", "until": "2030-01-01"}, "01-01-2030"),
}


@pytest.mark.parametrize("key", ANSWERS)
def test_a_controller_answers_a_flag(visitor: Visitor, there: Installation, key: str) -> None:
    act, fields, told = ANSWERS[key]
    visitor.signs_in("both-1", f"/flags/{there.flag(key)}?programme={WORKED_IN}")
    visitor.sees("Ingen har set på det endnu.")
    visitor.sends(act, **fields)
    answers = visitor.page.locator("section", has=visitor.page.locator("#answers"))
    expect(answers).to_contain_text("both-1")
    expect(answers).to_contain_text(told)
    if act in {"dismiss", "uphold"}:
        visitor.sends("reopen", reason="Der kom nyt")
        expect(answers.locator("tbody tr")).to_have_count(2)


def test_a_flag_upheld_for_no_amount_is_told_of_in_danish_and_what_was_typed_is_kept(
    visitor: Visitor, there: Installation
) -> None:
    visitor.signs_in("both-1", f"/flags/{there.flag('by keyboard')}?programme={WORKED_IN}")
    visitor.sends("uphold", amount="det hele", reason="Varen kom aldrig")
    visitor.tells_at("amount", "Skriv beløbet i kroner, som 1.250,00.")
    form = visitor.page.locator("form[action*='/uphold']")
    expect(form.locator("[name=amount]")).to_have_value("det hele")
    expect(form.locator("[name=reason]")).to_have_value("Varen kom aldrig")


@pytest.mark.parametrize("path", ["/misuse", "/flag-rules", "/flags", "/cases"])
def test_a_moment_in_the_past_is_chosen_on_the_page(visitor: Visitor, path: str) -> None:
    visitor.signs_in("fin-1", f"{path}?programme={WORKED_IN}")
    visitor.types(as_of="2019-06-01")
    visitor.presses("Vis")
    visitor.sees("Log ud")
    assert "as_of=2019-06-01" in visitor.page.url
    visitor.has(as_of="2019-06-01")
    assert not visitor.page.get_by_role("alert").count()
