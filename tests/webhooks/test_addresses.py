"""Nobody can have our machine knock at a door that only we can reach."""

import socket
import ssl
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from service.webhooks import sending
from service.webhooks.addresses import Destination, destination, resolved
from service.webhooks.refusing import WebhookRefused
from service.webhooks.sending import post
from tests.evidence.outside.servers import (
    dripping,
    new_server_certificate,
    saying,
    taken_port,
)
from tests.webhooks.conftest import LOOPBACK, Told
from tests.webhooks.receiving import receiving

INSIDE = [
    *("127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]"),
    *("[::ffff:8.8.8.8]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:4136:e378::1]"),
    *("localhost", "127.1", "0x7f.1", "2130706433"),
]


@pytest.mark.parametrize("host", INSIDE)
def test_what_is_not_of_the_public_network_is_refused(host: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        resolved(destination(f"https://{host}/"), ())
    assert refused.value.code == "bad_address"


@pytest.mark.parametrize("host", ["8.8.8.8", "[2a00:1450:400f::1]"])
def test_what_is_of_the_public_network_is_reached_by_https_alone(host: str) -> None:
    assert resolved(destination(f"https://{host}/"), ())
    with pytest.raises(WebhookRefused, match="https://"):
        resolved(destination(f"http://{host}/"), ())


def test_what_the_operator_allows_is_reached_and_loopback_also_by_plain_http() -> None:
    allowed = (*LOOPBACK, ip_network("10.20.0.0/16"))
    assert resolved(destination("https://10.20.1.1/"), allowed) == ["10.20.1.1"]
    assert resolved(destination("http://127.0.0.1:8080/x"), allowed) == ["127.0.0.1"]
    for url in ("http://10.20.1.1/", "https://10.21.0.1/", "https://[::1]/"):
        with pytest.raises(WebhookRefused):
            resolved(destination(url), allowed)


@pytest.mark.parametrize(
    "url",
    [
        *("", "receiver.example", "ftp://receiver.example/", "https://", "https:///x", "file:///x"),
        *("https://user:word@receiver.example/", "https://receiver.example/#x"),
        *("https://receiver.example:0/", "https://receiver.example:70000/", "https://[::1/"),
        *("https://receiver.example/\r\nHost: x", "https://receiver.example/a b", "https://rø.dk/"),
        "https://receiver.example/" + "x" * 2000,
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefused):
        destination(url)


def test_the_way_to_the_receiver_is_kept_as_it_was_written() -> None:
    assert destination("https://receiver.example:8443/a?b=c") == Destination(
        "https", "receiver.example", 8443, "/a?b=c"
    )
    assert destination("https://receiver.example").target == "/"


def test_a_name_that_points_inside_by_now_is_not_followed(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was allowed when it was added is looked at again each time."""
    told.add(after=told.teten.log.head() - 1)
    monkeypatch.setattr(told.webhooks, "_allowed", ())
    told.deliver()
    assert told.receiver.received == []
    assert "is not of the public network" in (told.standing.says or "")


def test_it_connects_to_the_address_that_was_looked_at_and_to_no_other(told: Told) -> None:
    """The name isn't looked up again between the look and the knock."""
    to = destination(f"http://receiver.invalid:{told.receiver.port}/hook")
    assert post(to, ["127.0.0.1"], {}, b"{}").delivered
    (received,) = told.receiver.received
    assert received.headers["host"] == f"receiver.invalid:{told.receiver.port}"


def test_a_proxy_of_the_environment_is_not_used(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    told.add(after=told.teten.log.head() - 1)
    told.deliver()
    assert len(told.receiver.received) == 1


@pytest.mark.parametrize(
    ("name", "trusted", "says"),
    [
        ("localhost", True, None),
        ("localhost", False, "SSLCertVerificationError"),
        ("receiver.invalid", True, "SSLCertVerificationError"),
    ],
)
def test_a_receiver_shows_a_valid_certificate_for_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, trusted: bool, says: str | None
) -> None:
    certificate = new_server_certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, tmp_path / "server.key")
    with receiving(tls) as receiver:
        to = destination(f"https://{name}:{receiver.port}/hook")
        assert post(to, ["127.0.0.1"], {}, b"{}").says == says
    assert len(receiver.received) == (says is None)


# Receivers that are gone, slow or wrong -----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "RemoteDisconnected"),
        (b"nonsense\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", "LineTooLong"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", "it answers 500"),
    ],
)
def test_whatever_a_receiver_answers_is_told(answer: bytes, says: str) -> None:
    port = taken_port()
    with saying(port, answer):
        attempt = post(_at(port), ["127.0.0.1"], {}, b"{}")
    assert (attempt.delivered, attempt.says) == (False, says)


def test_one_that_nobody_answers_for_is_told() -> None:
    assert post(_at(taken_port()), ["127.0.0.1"], {}, b"{}").says == "ConnectionRefusedError"


def test_an_answer_that_never_ends_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE", 0.5)
    port, attempts = taken_port(), []

    def ask() -> None:
        attempts.append(post(_at(port), ["127.0.0.1"], {}, b"{}"))

    with dripping(port, b"HTTP/1.1 200 OK\r\nX-Header: ") as hung_up:
        asking = Thread(target=ask, daemon=True)
        asking.start()
        assert hung_up.wait(30)
        asking.join(30)
    assert [each.says for each in attempts] == ["TimeoutError"]


def _at(port: socket.socket) -> Any:
    return Destination("http", "127.0.0.1", port.getsockname()[1], "/")
