"""An administrator sets webhooks up, over HTTP and from the command line, and sees how they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.programme import Role
from service import doctor
from service.access.guard import COOKIE
from service.access.sessions import csrf_of
from service.app import Teten, opened
from service.settings import Settings, UnusableSetting
from tests.service.conftest import served, signed_in
from tests.shell import Shell
from tests.webhooks.conftest import Told
from tests.webhooks.receiving import Receiver


@pytest.fixture(scope="module")
def client(allowing: Teten) -> Iterator[TestClient]:
    with served(allowing, None) as client:
        yield client


@dataclass
class Administrator:
    """With the token that the pages of their session carry."""

    client: TestClient
    receiver: Receiver
    name: str

    def ask(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        token = self.client.cookies.get(COOKIE) or ""
        answer = self.client.request(
            method,
            f"/v1/webhooks{path}",
            headers={"x-csrf-token": csrf_of(token)},
            json=body or None,
        )
        return answer.status_code, answer.json()

    def add(self, **but: Any) -> tuple[int, Any]:
        return self.ask("POST", "", **{"name": self.name, "url": self.receiver.url} | but)

    def does(self, what: str, **body: Any) -> tuple[int, Any]:
        return self.ask("POST", f"/{self.name}/{what}", **body)


@pytest.fixture
def administrator(client: TestClient, told: Told) -> Administrator:
    signed_in(client, told.teten, "adm-1", roles=[Role.ADMINISTRATOR])
    return Administrator(client, told.receiver, told.name)


def test_its_secret_is_told_once(administrator: Administrator, told: Told) -> None:
    status, made = administrator.add(types=["TrancheReleased"], programme=None, after=0)
    assert (status, made["types"], made["position"], made["made_by"]) == (
        *(201, ["TrancheReleased"], 0),
        "adm-1",
    )
    told.deliver()
    (received,) = told.receiver.received
    assert received.verified(made["secret"])
    _, kept = administrator.ask("GET", f"/{told.name}")
    assert "secret" not in kept
    assert made["secret"] not in administrator.client.get("/v1/webhooks").text
    assert [(each["person"], each["act"]) for each in kept["acts"]] == [
        ("adm-1", "added, after position 0")
    ]


def test_a_rotation_is_finished_before_the_next(administrator: Administrator, told: Told) -> None:
    _, made = administrator.add()
    assert administrator.does("retire")[1]["title"] == "one_secret"
    status, rotated = administrator.does("rotate")
    assert (status, rotated["secrets"]) == (200, 2)
    assert rotated["secret"] != made["secret"]
    status, refused = administrator.does("rotate")
    assert (status, refused["title"]) == (409, "rotation_unfinished")
    assert administrator.does("retire")[1]["secrets"] == 1
    assert [each.act for each in told.endpoints.acts(told.name)] == [
        f"added, after position {told.teten.log.head()}",
        "rotated",
        "retired the old secret",
    ]


def test_it_is_pinged_disabled_enabled_and_replayed(
    administrator: Administrator, told: Told
) -> None:
    administrator.add(after=0)
    assert administrator.does("ping") == (200, {"delivered": True, "status": 204, "says": None})
    told.deliver()
    assert administrator.does("disable")[1]["disabled"] == "by_hand"
    assert administrator.does("enable")[1]["disabled"] is None
    assert administrator.does("replay", position=9, alone=True)[1]["delivered"]
    assert administrator.does("replay", position=9)[1]["position"] == 8
    for alone in (True, False):
        status, refused = administrator.does("replay", position=10, alone=alone)
        assert (status, refused["title"]) == (422, "not_known")
    status, found = administrator.ask("GET", f"/{told.name}/deliveries?limit=2")
    assert (status, [(each["position"], each["tries"]) for each in found]) == (
        *(200,),
        [(9, 2), (told.teten.log.head(), 1)],
    )
    status, older = administrator.ask(
        "GET",
        f"/{told.name}/deliveries?limit=1&before={found[1]['tried_at'].replace('+', '%2B')}",
    )
    assert older[0]["position"] == told.teten.log.head() - 1


@pytest.mark.parametrize(
    ("wrong", "status", "title"),
    [
        ({"name": "Not A Name"}, 422, "bad_name"),
        ({"types": ["MoonLanded"]}, 422, "unknown_event_type"),
        ({"after": 10**9}, 422, "not_known"),
        ({"url": "https://no-such-host.invalid/"}, 422, "bad_address"),
        ({"more": 1}, 422, "malformed"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_made(
    administrator: Administrator, wrong: dict[str, Any], status: int, title: str
) -> None:
    found, problem = administrator.add(**wrong)
    assert (found, problem["title"]) == (status, title)
    assert problem["detail"] != problem["detail_da"]
    assert administrator.ask("GET", f"/{administrator.name}")[0] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/%00", 404),
        ("/No", 404),
        ("/%C3%A6", 404),
        ("/{name}/deliveries?before=0001-01-01T00:00:00%2B23:59", 200),
        ("/{name}/deliveries?before=9999-12-31T23:59:59-23:59", 200),
        ("/{name}/deliveries?before=2026-11-22T12:00:00", 422),
        ("/{name}/deliveries?limit=0", 422),
    ],
)
def test_whatever_is_asked_is_answered(
    administrator: Administrator, told: Told, path: str, status: int
) -> None:
    administrator.add()
    assert administrator.ask("GET", path.format(name=told.name))[0] == status


def test_a_name_is_taken_once(administrator: Administrator) -> None:
    assert administrator.add()[0] == 201
    status, problem = administrator.add()
    assert (status, problem["title"]) == (409, "webhook_exists")


def test_nobody_else_may(client: TestClient, told: Told) -> None:
    told.add()
    for person, role in (("kons-1", Role.CASEWORKER), ("fin-1", Role.CONTROLLER)):
        signed_in(client, told.teten, person, roles=[role])
        other = Administrator(client, told.receiver, told.name)
        assert other.ask("GET", "")[0] == 403
        assert other.does("rotate")[0] == 403
    assert [each.act for each in told.endpoints.acts(told.name)] == ["added, after position 0"]


def test_one_of_another_programme_is_not_there(client: TestClient, told: Told) -> None:
    """In TT nobody is an administrator by the log."""
    told.add(programme="TT")
    signed_in(client, told.teten, "adm-1", roles=[Role.ADMINISTRATOR])
    administrator = Administrator(client, told.receiver, told.name)
    assert administrator.does("rotate")[0] == 404
    assert told.name not in client.get("/v1/webhooks").text
    assert administrator.add(name="another", programme="TT")[0] == 403


def test_the_doctor_and_the_figures_tell_of_one_that_fails(told: Told, client: TestClient) -> None:
    told.add(after=told.teten.log.head() - 1)
    told.receiver.answers = lambda _: (500, {"Retry-After": "60"})
    told.deliver()
    checks = {each.name: each for each in doctor.examine(told.teten, quickly=True)}
    check = checks[f"webhook {told.name}"]
    assert (check.ok, "fails, tried 1 times: it answers 500" in check.says) == (False, True)
    figures = client.get("/metrics").text
    assert f'teten_webhook_lag_events{{webhook="{told.name}"}} 1\n' in figures
    assert f'teten_webhook_disabled{{webhook="{told.name}"}} 0\n' in figures
    assert told.receiver.url not in figures + check.says
    told.endpoints.disable(told.name, by="adm-1")
    checks = {each.name: each for each in doctor.examine(told.teten, quickly=True)}
    assert checks[f"webhook {told.name}"].ok
    assert f'teten_webhook_disabled{{webhook="{told.name}"}} 1\n' in client.get("/metrics").text


def test_from_the_command_line(allowed: Settings, receiver: Receiver) -> None:
    with opened(allowed):
        pass
    shell = Shell(allowed)
    loopback = {"TETEN_WEBHOOKS_ALLOW": "127.0.0.0/8, ::1"}
    added = shell("webhooks", "add", "esdh", receiver.url, "--as", "adm-1", **loopback)
    assert added.returncode == 0
    secret = added.stdout.splitlines()[1]
    pinged = shell("webhooks", "ping", "esdh", "--as", "adm-1", **loopback)
    assert (pinged.returncode, pinged.stdout) == (0, "delivered\n")
    assert receiver.received[0].verified(secret)["type"] == "dk.teten.Ping"
    listed = shell("webhooks", "list")
    assert (listed.returncode, secret in listed.stdout) == (0, False)
    assert listed.stdout == f"esdh: {receiver.url}\n  at 0, 0 events behind\n"


def test_a_setting_that_can_t_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TETEN_WEBHOOKS_ALLOW", "10.0.0.0/8, everywhere")
    with pytest.raises(UnusableSetting, match="TETEN_WEBHOOKS_ALLOW must be networks"):
        Settings.read()
