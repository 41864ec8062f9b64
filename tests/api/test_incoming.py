"""FastAPI reads forms and JSON before the guard is asked: whoever sends them, it isn't without end."""

import pytest

from service.access.sessions import csrf_of
from service.api.incoming import SMALL
from tests.api.conftest import Asker

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/sign-in/demo", FORM), ("/min-sag/x", FORM), ("/v1/webhooks", "application/json")],
)
def test_no_long_body_is_read_of_whom_nobody_knows(asker: Asker, path: str, kind: str) -> None:
    long = asker.client.post(path, content=b"a" * (SMALL + 1), headers={"content-type": kind})
    assert long.status_code == 413
    assert "for stort" in long.text
    assert long.headers["connection"] == "close"


def test_a_command_is_not_read_for_the_token_of_a_page(asker: Asker) -> None:
    asker.enter("kons-1")
    asker.client.cookies.set("teten_session", asker.token)
    told = asker.client.post("/v1/commands/offer-programme", data={"csrf": csrf_of(asker.token)})
    asker.client.cookies.clear()
    assert (told.status_code, told.json()["title"]) == (403, "not_genuine")
