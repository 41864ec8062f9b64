"""A form that another site sends in somebody's name does nothing, even with the token of a page."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.installation import WORKED_IN, Installation
from tests.browser.visitor import Visitor

FOREIGN = {
    "on another port of the same machine": "http://127.0.0.1:1/",  # The cookie goes along.
    "on another site": "http://localhost:1/",
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("sandbox", ["", "sandbox='allow-forms allow-top-navigation'"])
def test_a_form_of_another_origin_is_refused(
    visitor: Visitor, there: Installation, foreign: str, sandbox: str
) -> None:
    flag = f"/flags/{there.flag('by keyboard')}"
    visitor.signs_in("both-1", f"{flag}?programme={WORKED_IN}")
    token = visitor.page.locator("[name=csrf]").first.input_value()

    def lure(route: Route) -> None:
        form = f"""<form target=_top method=post
            action="{visitor.address}{flag}/dismiss?programme={WORKED_IN}">
            <input name=csrf value="{token}"><input name=case_no value=Z-1>
            <input name=reason value=Nej><button>Se en kat</button></form>"""
        inside = f'<iframe {sandbox} srcdoc="{form.replace(chr(34), "&quot;")}"></iframe>'
        route.fulfill(body=inside if sandbox else form, content_type="text/html")

    visitor.page.route(f"{foreign}**", lure)
    visitor.goes_to(foreign)
    where = visitor.page.frame_locator("iframe") if sandbox else visitor.page
    with visitor.page.expect_response(lambda answer: "/dismiss" in answer.url) as found:
        where.get_by_role("button", name="Se en kat").click()
    assert found.value.status in (303, 403)  # 303: the cookie stayed at home, and so it is nobody.
    visitor.goes_to(f"{flag}?programme={WORKED_IN}")
    expect(visitor.page.get_by_text("Ingen har set på det endnu.")).to_be_visible()
    visitor.complaints[:] = [each for each in visitor.complaints if foreign not in each]
