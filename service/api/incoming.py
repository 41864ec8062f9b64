"""How much is read of what comes in. Commands, which may bring files, see to it themselves, once it is known
who sends them."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 100_000  # Bytes: a form of ours or a webhook's settings is far less.
COMMANDS = "/v1/commands/"
# Also where vouchers are handed over, and only there: whoever answers sees to how much of a file is read.
VOUCHERS = ("/v1/vouchers", "/intake")


class TooLarge(HTTPException):
    """More came than any request of that kind holds. An HTTPException, or FastAPI calls it unreadable."""

    def __init__(self) -> None:
        super().__init__(413)


class SmallBodies:
    """Reads no body without end: FastAPI reads forms and JSON before the guard is asked who sends them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _may_be_large(scope):
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > SMALL:
                raise TooLarge
            return message

        await self._app(scope, counted, send)


def _may_be_large(scope: Scope) -> bool:
    """A form without a file is small there, too."""
    path: str = scope["path"]
    if path not in VOUCHERS:
        return path.startswith(COMMANDS)
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"multipart/form-data")
