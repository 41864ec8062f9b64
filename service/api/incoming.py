"""How much is read of what comes in. Commands, which may bring files, see to it themselves, once it is known
who sends them."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOM = (
    200_000_000  # Bytes of files that are on their way at a time: fifty photographs of telephones.
)
SILENCE = 60.0  # Seconds: a telephone that lost its net halfway never says so.
LARGEST = 2  # Times the largest request that is taken: so much at least.
SMALL = 100_000  # Bytes: a form of ours or a webhook's settings is far less.
COMMANDS = "/v1/commands/"
# Also where vouchers are handed over, and only there: whoever answers sees to how much of a file is read.
VOUCHERS = ("/v1/vouchers", "/intake")


class TooLarge(HTTPException):
    """More came than any request of that kind holds. An HTTPException, or FastAPI calls it unreadable."""

    def __init__(self) -> None:
        super().__init__(413)


class UploadsFull(HTTPException):
    """So much is on its way from others that there is no room for more."""

    def __init__(self) -> None:
        super().__init__(503)


class SmallBodies:
    """Reads no body without end: FastAPI reads forms and JSON before the guard is asked who sends them. Of
    bodies that may be large, so many are in memory at a time as there is room for (bytes). Who sends nothing
    for as long as `silence` (seconds) is taken for gone."""

    def __init__(self, app: ASGIApp, room: int, silence: float = SILENCE) -> None:
        self._app, self._room, self._silence = app, room, silence
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _may_be_large(scope):
            await self._large(scope, receive, send)
        else:
            await self._small(scope, receive, send)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > SMALL:
                raise TooLarge
            return message

        await self._app(scope, counted, send)

    async def _large(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Room is taken when the first of it is read, for as much as it says that it is, and given back when
        it is answered."""
        read = taken = 0
        whole = False  # Then whoever receives waits for the other end to go away, however long.

        async def counted() -> Message:
            nonlocal read, taken, whole
            try:
                async with asyncio.timeout(None if whole else self._silence):
                    message = await receive()
            except TimeoutError:
                raise ClientDisconnect from None
            whole = not message.get("more_body")
            read += len(message.get("body", b""))
            more = max(read, min(_said(scope), self._room)) - taken
            if self._held + more > self._room:
                await _passed_over(message, receive, self._room)
                raise UploadsFull
            self._held, taken = self._held + more, taken + more
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._held -= taken


async def _passed_over(message: Message, receive: Receive, most: int) -> None:
    """The rest of a body is read and forgotten: who is still sending hears no answer."""
    while message.get("more_body") and most > 0:
        message = await receive()
        most -= len(message.get("body", b""))


def _said(scope: Scope) -> int:
    """How large a body says that it is, in bytes; 0: it doesn't."""
    told = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(told[0][:20]) if told and told[0].isdigit() else 0


def _may_be_large(scope: Scope) -> bool:
    """A form without a file is small there, too."""
    path: str = scope["path"]
    if path not in VOUCHERS:
        return path.startswith(COMMANDS)
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"multipart/form-data")
