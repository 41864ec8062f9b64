"""How much is read of what comes in. Commands, which may bring files, see to it themselves, once it is known
who sends them."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 100_000  # Bytes: a form of ours or a webhook's settings is far less.
# Also where vouchers are handed over. How much of those is read is seen to there.
FILES = ("/v1/commands/", "/v1/vouchers", "/intake")


class TooLarge(HTTPException):
    """More came than any request of that kind holds. An HTTPException, or FastAPI calls it unreadable."""

    def __init__(self) -> None:
        super().__init__(413)


class SmallBodies:
    """Reads no body without end: FastAPI reads forms and JSON before the guard is asked who sends them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FILES):
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
