"""Somebody at a browser: signs in, goes to pages, fills in forms, and notes what the browser complains of."""

from time import monotonic
from urllib.parse import quote

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect

PATIENCE = 60_000  # Milliseconds, for whatever is waited for.
REFUSED = "Failed to load resource"  # What Chromium notes of a page that answers 403 or 404.


class Visitor:
    def __init__(self, page: Page, address: str) -> None:
        self.page, self.complaints = page, list[str]()
        self.address = address
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        of_the_page = message.location.get("url") == self.page.url
        if message.type in {"error", "warning"} and not (
            of_the_page and message.text.startswith(REFUSED)
        ):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self.address}/"):
            self.complaints.append(f"{self.page.url} asked {request.url}")

    def goes_to(self, path: str) -> Response:
        answer = self.page.goto(path)
        assert answer
        return answer

    def signs_in(self, person: str, onward: str = "/?programme=ZP") -> None:
        """By the demo's choice of a role."""
        self.goes_to(f"/sign-in?next={quote(onward)}")
        self.page.get_by_label("Log ind som").select_option(person)
        self.presses("Log ind")
        expect(self.page.get_by_role("button", name="Log ud")).to_be_visible()

    def comes_by(self, link: str, born: str) -> None:
        """A citizen, by the link of a letter."""
        self.goes_to(link)
        self.page.get_by_label("Fødselsdag").fill(born)
        self.presses("Se min sag")

    def types(self, **fields: str) -> None:
        """By the field's name: its label is looked for by those who look."""
        for name, said in fields.items():
            self.page.locator(f'[name="{name}"]').fill(said)

    def presses(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)

    def tells_at(self, field: str, text: str) -> None:
        """What is wrong stands at the field, for those who look and for those who listen."""
        at = self.page.locator(f'[aria-describedby~="{field}-wrong"][aria-invalid=true]')
        expect(at).to_be_visible()
        expect(self.page.locator(f"#{field}-wrong")).to_contain_text(text)
        expect(self.page.get_by_role("alert")).to_be_visible()

    def has(self, **fields: str) -> None:
        for name, said in fields.items():
            expect(self.page.locator(f'[name="{name}"]')).to_have_value(said)

    def sends(self, act: str, **fields: str) -> None:
        """One of a page's several forms."""
        form = self.page.locator(f"form[action*='/{act}?']")
        for name, said in fields.items():
            form.locator(f'[name="{name}"]').fill(said)
        form.get_by_role("button").click()

    def tabs_to(self, wanted: Locator) -> None:
        """By the keyboard alone."""
        for _ in range(100):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard doesn't get to {wanted}")

    def waits_for(self, where: Locator, text: str) -> None:
        """A page without scripts says nothing new until it is asked again."""
        deadline = monotonic() + PATIENCE / 1_000
        while text not in where.inner_text():
            assert monotonic() < deadline, f"waited in vain for {text!r}"
            self.page.wait_for_timeout(500)
            self.page.reload()
