"""Another system: a real HTTP server on loopback that remembers what it was sent."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, NamedTuple

from standardwebhooks import Webhook

PATIENCE = 60  # Seconds, for whatever is waited for.
Answer = tuple[int, dict[str, str]]


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def position(self) -> int:
        return int(self.event["position"])

    def verified(self, secret: str) -> Any:
        """By the library that receivers use. WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


def accepts(_: Received) -> Answer:
    return 204, {}


class Receiver:
    """`answers`: what it says to what it receives, asked in the request's own thread."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.answers: Callable[[Received], Answer] = accepts
        self._came = Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def positions(self) -> list[int]:
        return [each.position for each in self.received]

    def take(self, received: Received) -> Answer:
        with self._came:
            self.received.append(received)
            self._came.notify_all()
        return self.answers(received)

    def wait(self, holds: Callable[[], object]) -> None:
        """Until what was received is as it should be."""
        with self._came:
            assert self._came.wait_for(holds, PATIENCE), "waited in vain"


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, also = receiver.take(Received(self.path, headers, body))
            self.send_response(status)
            for name, value in also.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver = Receiver(server.server_address[1])
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
