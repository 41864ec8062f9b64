"""Who reaches the service, under which name, for whom a proxy asks, and what every answer tells a browser."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from service.access.headers import HEADERS, headers
from service.access.network import Unsafe, hosts, is_demo
from service.app import Teten
from service.serving import as_served
from service.settings import Settings, UnusableSetting
from tests.service.conftest import served
from tests.shell import Shell

PUBLIC = "https://teten.example.dk"
HOME = Settings(Path("home"), None, Path("key"))


def settings(public_url: str | None = None, **others: Any) -> Settings:
    return replace(HOME, public_url=public_url, **others)


# Beyond this machine ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("url", [None, "http://localhost:8000", "http://[::1]:8000"])
def test_a_demo_is_for_this_machine_alone_and_ends_with_a_provider(
    address: str, url: str | None
) -> None:
    assert is_demo(settings(url), address, provider=False)
    assert not is_demo(settings(url), address, provider=True)


@pytest.mark.parametrize(
    ("address", "url", "provider", "lacks"),
    [
        ("0.0.0.0", None, False, ("TETEN_OIDC_ISSUER", "TETEN_PUBLIC_URL")),
        ("::", None, True, ("TETEN_PUBLIC_URL",)),
        ("192.0.2.7", "http://localhost", True, ("TETEN_PUBLIC_URL",)),
        ("192.0.2.7", PUBLIC, False, ("TETEN_OIDC_ISSUER",)),
        # A proxy on this machine lets everybody in.
        ("127.0.0.1", PUBLIC, False, ("TETEN_OIDC_ISSUER",)),
    ],
)
def test_who_would_be_open_to_strangers_is_told_what_is_lacking(
    address: str, url: str | None, provider: bool, lacks: tuple[str, ...]
) -> None:
    with pytest.raises(Unsafe, match="Not started") as told:
        is_demo(settings(url), address, provider=provider)
    needed = str(told.value).partition("Set it")[0]
    for name in ("TETEN_OIDC_ISSUER", "TETEN_PUBLIC_URL"):
        assert (name in needed) == (name in lacks)


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])
def test_with_sign_in_and_tls_it_is_served_and_is_no_demo(address: str) -> None:
    assert not is_demo(settings(PUBLIC), address, provider=True)


@pytest.mark.parametrize(
    "url",
    [
        *("teten.example.dk", "ftp://teten.example.dk", "http://teten.example.dk", "https://"),
        *("https://teten.example.dk/a", "https://u:p@teten.example.dk", "https://[::1", "x"),
        *("https://teten.example.dk:port", "https://teten.example.dk?a=b"),
    ],
)
def test_a_public_url_that_is_none_is_told(url: str) -> None:
    with pytest.raises(UnusableSetting, match="TETEN_PUBLIC_URL must be like"):
        is_demo(settings(url), "127.0.0.1", provider=True)


def test_the_command_says_so_and_ends_before_it_touches_anything(tmp_path: Path) -> None:
    shell = Shell(Settings(tmp_path / "home", None, tmp_path / "home" / "master.key"))
    done = shell("serve", "--host", "0.0.0.0", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Not started" in done.stderr and "TETEN_OIDC_ISSUER" in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("networks", ["proxy.example", "10.0.0.1/8"])
def test_a_proxy_is_named_by_its_network(tmp_path: Path, networks: str) -> None:
    shell = Shell(Settings(tmp_path, None, tmp_path / "master.key"))
    done = shell("serve", "--port", "0", TETEN_TRUSTED_PROXIES=networks)
    assert done.returncode == 1
    assert "TETEN_TRUSTED_PROXIES must be networks" in done.stderr


# Names and proxies --------------------------------------------------------------------------------


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Whom a request is from, as the app sees it."""
    request = Request(scope)
    client = request.client.host if request.client else None
    await JSONResponse({"client": client, "scheme": request.url.scheme})(scope, receive, send)


def asked(
    public: Settings, told: dict[str, str], *, by: str = "192.0.2.7", path: str = "/"
) -> httpx2.Response:
    """Over what the web server really runs."""
    config = as_served(echo, public)
    config.load()
    transport = httpx2.ASGITransport(config.loaded_app, client=(by, 4711))

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path, headers=told)

    return asyncio.run(ask())


@pytest.mark.parametrize("host", ["teten.example.dk", "TETEN.example.dk:443", "localhost:8000"])
def test_it_answers_under_its_own_names(host: str) -> None:
    assert asked(settings(PUBLIC), {"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "teten.example.dk.evil.example", "evil.example#teten.example.dk", ""),
        *("teten.example.dk@evil.example", "[::1", "192.0.2.7:8000", "localhost.evil.example"),
    ],
)
def test_under_no_other_name_anything_is_told(host: str) -> None:
    for public in (settings(PUBLIC), settings()):
        answer = asked(public, {"host": host})
        assert (answer.status_code, answer.json()["title"]) == (421, "unknown_host")
        assert "evil" not in answer.text
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_who_watches_over_it_may_ask_by_its_number() -> None:
    for path in ("/healthz", "/readyz"):
        assert asked(settings(PUBLIC), {"host": "192.0.2.7:8000"}, path=path).status_code == 200


FORWARDED = {"x-forwarded-for": "198.51.100.9", "x-forwarded-proto": "https"}


@pytest.mark.parametrize("by", ["127.0.0.1", "192.0.2.7", "10.20.0.1"])
def test_nobody_is_believed_to_ask_for_somebody_else(by: str) -> None:
    assert asked(settings(), FORWARDED, by=by).json() == {"client": by, "scheme": "http"}


def test_but_a_proxy_that_is_known_is() -> None:
    known = settings(PUBLIC, trusted_proxies=(ip_network("10.20.0.0/16"),))
    told = {"client": "198.51.100.9", "scheme": "https"}
    assert asked(known, FORWARDED, by="10.20.0.1").json() == told
    assert asked(known, FORWARDED, by="10.21.0.1").json()["client"] == "10.21.0.1"
    # What a client made up before the proxy added its own is not believed either.
    forged = {"x-forwarded-for": "203.0.113.1, 198.51.100.9"}
    assert asked(known, forged, by="10.20.0.1").json()["client"] == "198.51.100.9"


def test_the_names_are_the_public_one_and_this_machines() -> None:
    assert hosts(None) == {"localhost", "127.0.0.1", "::1"}
    assert hosts(PUBLIC) == hosts(None) | {"teten.example.dk"}


# What browsers are told ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/v1/report", "/style.css", "/nowhere", "/healthz", "/metrics"])
def test_every_answer_tells_a_browser_to_be_careful(client: TestClient, path: str) -> None:
    told = client.get(path).headers
    assert {name: told.get(name) for name in HEADERS} == HEADERS
    assert "'unsafe" not in told["content-security-policy"]
    assert "server" not in told
    assert "strict-transport-security" not in told  # Without TLS it would be ignored.


def test_behind_tls_a_browser_never_asks_without_again(teten_tt: Teten) -> None:
    behind = replace(teten_tt, settings=replace(teten_tt.settings, public_url=PUBLIC))
    with served(behind, None) as client:
        told = client.get("/healthz").headers["strict-transport-security"]
    assert told == "max-age=63072000"
    assert headers("http://localhost") == HEADERS


def test_the_web_server_does_not_say_what_it_is() -> None:
    assert not as_served(echo, settings()).server_header
