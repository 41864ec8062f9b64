"""One HTTP request to a place that may be slow, wrong or gone."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from time import monotonic
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import BaseHandler, HTTPHandler, HTTPSHandler, Request, build_opener

PATIENCE = 10.0  # Seconds of silence, and of answering at all, until it counts as away.
ANSWER_MAX = 100_000  # Bytes.


class Refused(Exception):
    """The place answered, and didn't take what it was sent; or what is set up for it can't be used."""


class Answer(NamedTuple):
    status: int
    body: bytes


def post(url: str, content: bytes, media_type: str) -> Answer:
    """OSError: it can't be reached, or has no answer in time. Refused: its answer can't be used."""
    if not url.startswith(("http://", "https://")):
        raise Refused(f"{url} is no address that begins with http:// or https://")
    request = Request(url, content, {"Content-Type": media_type}, method="POST")  # noqa: S310 - looked at above
    deadline = monotonic() + PATIENCE
    asking = _Asking()
    try:
        with asking.hung_up_after(PATIENCE):
            try:
                answer = build_opener(*asking.handlers()).open(request, timeout=PATIENCE)
            except HTTPError as error:
                answer = error
        with answer:
            body = b""
            while piece := answer.read1(ANSWER_MAX):
                body += piece
                if len(body) > ANSWER_MAX:
                    raise Refused("its answer is too long")
                if monotonic() > deadline:
                    raise TimeoutError("its answer takes too long")
            return Answer(answer.status or 0, body)
    except (HTTPException, ValueError) as error:
        raise Refused(f"what it answers is no HTTP ({type(error).__name__})") from None


class _Asking:
    """Whoever answers a byte now and then is never silent for long: the line is cut in the end."""

    def __init__(self) -> None:
        self._lines: list[HTTPConnection] = []

    @contextmanager
    def hung_up_after(self, seconds: float) -> Iterator[None]:
        timer = Timer(seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _hang_up(self) -> None:
        for line in self._lines:
            with suppress(OSError, AttributeError):  # It never was one, or is none any more.
                line.sock.shutdown(socket.SHUT_RDWR)

    def handlers(self) -> list[BaseHandler]:
        """Of HTTP and HTTPS, each as the library has it."""
        kept = self._kept

        class Plain(HTTPHandler):
            def http_open(self, req: Request) -> HTTPResponse:
                return self.do_open(kept(HTTPConnection), req)

        class Secure(HTTPSHandler):
            def https_open(self, req: Request) -> HTTPResponse:
                return self.do_open(kept(HTTPSConnection), req)

        return [Plain(), Secure()]

    def _kept(self, kind: type[HTTPConnection]) -> Callable[..., Any]:
        def connection(host: str, **options: Any) -> HTTPConnection:
            self._lines.append(kind(host, **options))
            return self._lines[-1]

        return connection
