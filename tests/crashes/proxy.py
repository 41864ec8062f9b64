"""A connection that fails at the worst moment: a proxy in front of PostgreSQL's socket.

It understands just enough of the protocol (https://www.postgresql.org/docs/current/protocol-message-formats.html)
to know when a transaction that writes to the log is about to be committed, and when it has been.
"""

import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"
# What the log says when it stores events and answers.
WRITES = re.compile(
    rb"append_group|insert into (\"?public\"?\.)?\"?(log_events|commands)", re.IGNORECASE
)

Moment = Literal["before the commit", "after the commit"]


class Proxy:
    """Cuts, stalls and mends on order. Every connection goes through it until it is closed."""

    def __init__(self, server: Path, listening: socket.socket) -> None:
        self._server, self._listening = server, listening
        self._lock = Lock()
        self._orders: dict[Moment, int] = {"before the commit": 0, "after the commit": 0}
        self.flowing = Event()  # Cleared: nothing is passed on, and nobody is told why.
        self.flowing.set()
        self._open: set[socket.socket] = set()
        self.cuts = 0

    def cut(self, moment: Moment, times: int = 1) -> None:
        """The next so many commits lose their connection then."""
        with self._lock:
            self._orders[moment] += times

    def pending(self) -> int:
        with self._lock:
            return sum(self._orders.values())

    def obeys(self, moment: Moment) -> bool:
        """Whether to cut now."""
        with self._lock:
            if not self._orders[moment]:
                return False
            self._orders[moment] -= 1
            self.cuts += 1
            return True

    def cut_all(self) -> None:
        """Every connection, whatever it was doing."""
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return  # Closed: that was all.
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(str(self._server))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            _Connection(self, client, server).start()

    def forget(self, *ended: socket.socket) -> None:
        with self._lock:
            self._open -= set(ended)


class _Connection:
    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._statements: dict[bytes, bytes] = {}  # Text of each prepared statement.
        self._in_transaction = False
        self._wrote = False  # In this transaction.
        self._committing = False  # It was asked to; the answer isn't known yet.

    def start(self) -> None:
        Thread(target=self._run, args=(self._requests,), daemon=True).start()
        Thread(target=self._run, args=(self._answers,), daemon=True).start()

    def _run(self, passing: Callable[[], None]) -> None:
        with suppress(OSError):
            passing()
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._proxy.forget(self._client, self._server)

    def _requests(self) -> None:
        with self._client.makefile("rb") as stream:
            self._pass(self._server, _frame(stream.read, typed=False))  # Who, and which database.
            while frame := _frame(stream.read):
                if self._commits(frame) and self._proxy.obeys("before the commit"):
                    return
                self._pass(self._server, frame)

    def _commits(self, frame: bytes) -> bool:
        """Whether this is what makes the server store something in the log for good."""
        text = self._text(frame)
        verb = text[:8].upper()
        self._wrote = self._wrote or bool(WRITES.search(text))
        if verb.startswith(b"BEGIN"):
            self._in_transaction, self._wrote = True, False
        elif verb.startswith((b"COMMIT", b"ROLLBACK")):
            self._in_transaction = False
            self._wrote = self._wrote and verb.startswith(b"COMMIT")
        if not self._wrote or self._in_transaction:
            return False
        self._committing, self._wrote = True, False
        return True

    def _text(self, frame: bytes) -> bytes:
        """The statement that is to be run, if the frame has one run."""
        kind, body = frame[:1], frame[5:]
        match kind:
            case b"Q":
                return body.rstrip(b"\0")
            case b"P":
                name, text, _ = body.split(b"\0", 2)
                self._statements[name] = text
            case b"B":
                _, name, _ = body.split(b"\0", 2)
                return self._statements.get(name, b"")
        return b""

    def _answers(self) -> None:
        """Those to a commit are held until the server is idle again: then it is known how it ended."""
        held: list[bytes] = []
        with self._server.makefile("rb") as stream:
            while frame := _frame(stream.read):
                held.append(frame)
                ended = frame[:1] == b"Z" and frame[5:6] == b"I"
                if self._committing and not ended:
                    continue
                if self._committing:
                    self._committing = False
                    if _committed(held) and self._proxy.obeys("after the commit"):
                        return
                self._pass(self._client, b"".join(held))
                held.clear()

    def _pass(self, to: socket.socket, what: bytes) -> None:
        self._proxy.flowing.wait()
        to.sendall(what)


def _frame(read: Callable[[int], bytes], *, typed: bool = True) -> bytes:
    """A message with its header; nothing, if the connection ended."""
    head = read(5 if typed else 4)
    size = int.from_bytes(head[-4:], "big") - 4
    return head + read(size) if len(head) >= 4 else b""


def _committed(answer: list[bytes]) -> bool:
    """No error, and the last thing done was not a rollback."""
    kinds = [frame[:1] for frame in answer]
    ends = [frame[5:] for frame in answer if frame[:1] == b"C"]
    return b"E" not in kinds and bool(ends) and not ends[-1].startswith(b"ROLLBACK")


@contextmanager
def through_proxy(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy, and the URL by which the same database is reached through it."""
    parts = urlsplit(url)
    server = Path(parse_qs(parts.query)["host"][0]) / SOCKET
    with tempfile.TemporaryDirectory(prefix="teten-proxy-", dir="/tmp") as folder:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(Path(folder) / SOCKET))
        listening.listen(64)
        proxy = Proxy(server, listening)
        Thread(target=proxy.accept, daemon=True).start()
        try:
            query = f"host={quote(folder, safe='')}&port=5432"
            yield proxy, urlunsplit(parts._replace(query=query))
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            proxy.flowing.set()
            proxy.cut_all()
