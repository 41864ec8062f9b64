"""One service and one browser for all tests here, and a page for each of them."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from service.app import Teten, opened
from service.settings import Settings
from tests.browser.installation import Installation, installed
from tests.browser.visitor import PATIENCE, Visitor
from tests.conftest import fresh_database
from tests.service.test_serve import serving
from tests.shell import Shell

CHROMIUM = shutil.which("chromium")
WHY_NOT = "chromium is not here (Debian: apt-get install chromium)"
PHONE = {"width": 375, "height": 700}
WIDE = {"width": 1280, "height": 900}


class Often(Shell):
    """A service that answers the many questions of a test run."""

    @property
    def environment(self) -> dict[str, str]:
        often = {
            "TETEN_REQUESTS_PER_MINUTE": "60000",
            "TETEN_UNSIGNED_REQUESTS_PER_MINUTE": "60000",
        }
        return super().environment | often


@pytest.fixture(scope="package")
def installation(
    server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Teten, str]]:
    """What there is, the parts that made it, and where a process of its own serves it."""
    if not CHROMIUM and not os.environ.get("CI"):  # In CI it must be there.
        pytest.skip(WHY_NOT)
    home = tmp_path_factory.mktemp("browser")
    with fresh_database(server) as url:
        settings = Settings(home, url, home / "master.key")
        with opened(settings) as teten:
            there = installed(teten)
            with serving(Often(settings), home / "log") as service:
                yield there, teten, service.url


@pytest.fixture(scope="package")
def there(installation: tuple[Installation, Teten, str]) -> Installation:
    return installation[0]


@pytest.fixture(scope="package")
def address(installation: tuple[Installation, Teten, str]) -> str:
    return installation[2]


@pytest.fixture(scope="package")
def installed_teten(installation: tuple[Installation, Teten, str]) -> Teten:
    return installation[1]


@pytest.fixture(scope="package")
def chromium(address: str) -> Iterator[Browser]:
    """Only while these tests run: the loop that drives it is in the way of any other one."""
    assert CHROMIUM, WHY_NOT
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """Nobody is signed in."""
    context = chromium.new_context(base_url=address, viewport=WIDE, locale="da-DK")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def visitor(context: BrowserContext, address: str) -> Iterator[Visitor]:
    """Whoever sits there. In the end nothing was asked of others, and the browser complained of nothing."""
    visitor = Visitor(context.new_page(), address)
    yield visitor
    assert visitor.complaints == []


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Visitor]:
    """With a telephone, at night."""
    told = {"viewport": PHONE, "color_scheme": "dark", "locale": "da-DK", "has_touch": True}
    context = chromium.new_context(base_url=address, **told)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    visitor = Visitor(context.new_page(), address)
    yield visitor
    context.close()
    assert visitor.complaints == []
