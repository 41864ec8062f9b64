"""One attempt: a POST to a receiver that may be slow, wrong, gone, or not who it should be."""

import socket
import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from typing import NamedTuple

from service.webhooks.addresses import Destination

PATIENCE = 15.0  # Seconds, from the connection to the end of the answer's headers.
RETRY_AFTER_MAX = 24 * 3600.0  # Seconds: nobody puts us off for longer.
GONE = 410
ADDRESSES = 3  # Of one name are tried at most.


class Attempt(NamedTuple):
    """What came of it. `status`: of the answer, if there was one. `says`: why it wasn't taken."""

    status: int | None
    says: str | None = None
    retry_after: float | None = None  # Seconds, as the receiver asks.

    @property
    def delivered(self) -> bool:
        return self.says is None


def post(to: Destination, addresses: list[str], headers: dict[str, str], body: bytes) -> Attempt:
    """To the first of the addresses that answers; they were looked at, and no others are looked up.
    A redirect is an answer as any other. Whatever goes wrong is told by the attempt."""
    with closing(_Line(to, addresses)) as line:
        timer = Timer(PATIENCE, line.hang_up)
        timer.daemon = True
        timer.start()
        try:
            line.request("POST", to.target, body, headers)
            answer = line.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            return Attempt(None, "TimeoutError" if line.hung_up else type(error).__name__)
        finally:
            timer.cancel()
        if line.hung_up:  # What came until then may look like a whole answer.
            return Attempt(None, "TimeoutError")
        return _judged(answer)


def _judged(answer: HTTPResponse) -> Attempt:
    if 200 <= answer.status < 300:  # noqa: PLR2004 - RFC 9110: successful
        return Attempt(answer.status)
    redirected = " (redirects are not followed)" if 300 <= answer.status < 400 else ""  # noqa: PLR2004
    asked = _seconds(answer.headers.get("Retry-After"))
    return Attempt(answer.status, f"it answers {answer.status}{redirected}", asked)


def _seconds(text: str | None) -> float | None:
    """RFC 9110, 10.2.3: seconds, or a date."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_MAX)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    left = until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
    return min(max(left.total_seconds(), 0.0), RETRY_AFTER_MAX)


class _Line(HTTPConnection):
    """Connects to the addresses that it is given, under the name that the certificate must be for."""

    def __init__(self, to: Destination, addresses: list[str]) -> None:
        super().__init__(to.host, to.port, timeout=PATIENCE)
        self.default_port = 443 if to.scheme == "https" else 80
        self._to, self._addresses = to, addresses
        self.hung_up = False

    def connect(self) -> None:
        self.sock = self._connected()
        self.sock.settimeout(PATIENCE)
        if self._to.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self._to.host, do_handshake_on_connect=False
            )
        if self.hung_up:
            raise TimeoutError
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def _connected(self) -> socket.socket:
        *others, last = self._addresses[:ADDRESSES]
        for each in others:
            with suppress(OSError):
                return socket.create_connection((each, self._to.port), PATIENCE / ADDRESSES)
        return socket.create_connection((last, self._to.port), PATIENCE / ADDRESSES)

    def hang_up(self) -> None:
        """Whoever answers a byte now and then is never silent for long."""
        self.hung_up = True
        with suppress(OSError, AttributeError):  # It never was a line, or is none any more.
            self.sock.shutdown(socket.SHUT_RDWR)
