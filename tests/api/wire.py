"""The service on a socket, and a proxy before it that loses replies."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Lock, Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

LOCALHOST = "127.0.0.1"


def listening() -> socket.socket:
    return socket.create_server((LOCALHOST, 0), backlog=256)


@contextmanager
def on_a_socket(app: FastAPI) -> Iterator[int]:
    """The port on which the app is served."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    with closing(listening()) as bound:
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


class LosingProxy:
    """Passes each request on, and loses so many of the replies: none of it, or half, arrives."""

    def __init__(self, server: int, losses: int) -> None:
        self._server, self._losses, self._lock = server, losses, Lock()
        self.lost = 0
        self._bound = listening()
        self.port = self._bound.getsockname()[1]

    def run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._bound.accept()
                Thread(target=self._pass, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._bound.shutdown(socket.SHUT_RDWR)
        self._bound.close()

    def _pass(self, client: socket.socket) -> None:
        with closing(client), socket.create_connection((LOCALHOST, self._server)) as server:
            server.sendall(_message(client))
            reply = b"".join(iter(lambda: server.recv(65_536), b""))
            with self._lock:
                number = self.lost
                self.lost += number < self._losses
            whole = number >= self._losses
            client.sendall(reply if whole else reply[: len(reply) // 2 * (number % 2)])


def _message(client: socket.socket) -> bytes:
    """A whole request."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += client.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    told: Any = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    length = int(told[0].partition(b":")[2])
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def losing(server: int, losses: int) -> Iterator[LosingProxy]:
    proxy = LosingProxy(server, losses)
    Thread(target=proxy.run, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
