"""Letters as people see them: over HTTP, on the page, in the running's figures, and at the command line."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.reminding.conftest import Reminding
from tests.service.conftest import served, signed_in
from tests.shell import Shell


@pytest.fixture
def web(reminding: Reminding) -> Iterator[TestClient]:
    """A reminder was due, and the citizen can be reached by neither way."""
    reminding.takes(0)
    reminding.letters().deliver()
    with served(reminding.teten, "kons-1") as client:
        yield client


def section(page: str, title: str) -> str:
    _, _, rest = page.partition(f">{title}</h2>")
    return rest.partition("</section>")[0]


def test_who_has_to_be_written_to_by_hand_is_listed(web: TestClient) -> None:
    [letter] = web.get("/v1/letters").json()
    told = (letter["case_no"], letter["state"], letter["says"])
    assert told == ("T-1", "by_hand", "neither an address nor Digital Post")
    page = web.get("/letters").text
    assert "/cases/T-1" in section(page, "Skal sendes i hånden")
    assert "T-1" not in section(page, "Sendt")
    assert 'teten_letters{state="by_hand"} 1\n' in web.get("/metrics").text


def test_of_another_teams_case_nothing_is_listed(web: TestClient, reminding: Reminding) -> None:
    signed_in(web, reminding.teten, "kons-2")
    assert web.get("/v1/letters").json() == []
    assert "T-1" not in web.get("/letters").text


def test_a_programme_that_there_is_none_of_is_said_so(web: TestClient) -> None:
    assert web.get("/letters?programme=X").status_code in (403, 404)
    assert web.get("/v1/letters?programme=X").status_code in (403, 404)


def test_the_command_line_lists_retries_and_writes_down_who_sent_one(reminding: Reminding) -> None:
    reminding.takes(0)
    shell = Shell(reminding.teten.settings)
    assert shell.data("letters", "send") == {"looked_at": 1, "letters": {"by_hand": 1}}
    [letter] = shell.data("letters", "list", "--open")
    position = str(letter["position"])
    assert f"{position}: ReceiptsRemindedOf T-1/1 R-1 to the citizen" in says(shell, "list")
    assert "is tried again" in says(shell, "retry", position)
    assert [each.state for each in reminding.rows] == ["waiting"]
    assert "was sent by hand" in says(shell, "done", position, "--as", "kons-1")
    assert shell.data("letters", "list", "--open") == []
    assert [each.says for each in reminding.rows] == ["by hand, told by kons-1"]
    again = shell("letters", "retry", position)
    assert again.returncode != 0


def says(shell: Shell, *asked: str) -> str:
    done = shell("letters", *asked)
    assert (done.returncode, done.stderr) == (0, "")
    return str(done.stdout)


def test_an_address_is_remembered_of_a_citizen_and_of_staff(reminding: Reminding) -> None:
    shell = Shell(reminding.teten.settings)
    asked: Any = ("letters", "address", "--as", "kons-1", "--email")
    for whose in (("anna@example.dk", "T-1"), ("kirsten@example.dk", "kons-1", "--staff")):
        assert shell(*asked, *whose).returncode == 0
    vault = reminding.teten.vault
    assert vault.record("staff-kons-1")["email"] == "kirsten@example.dk"
    assert vault.record(vault.pseudonym("610190-1001") or "")["email"] == "anna@example.dk"
    assert shell(*asked, "anna@example.dk", "T-9").returncode == 1
    assert shell(*asked, "no address", "T-1").returncode == 2
