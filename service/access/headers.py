"""Under which names the service answers, and what it tells browsers with every answer."""

from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.network import hosts

logger = structlog.get_logger()

# Whoever watches over the service asks it by whatever address it has, and these tell of nobody.
PROBES = ("/healthz", "/readyz")
TWO_YEARS = 63_072_000  # Seconds: what preload lists and auditors ask of HSTS.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Content-Type-Options": "nosniff",
    # Under `no-referrer` browsers send our own forms with `Origin: null`, which is refused.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def headers(public_url: str | None) -> dict[str, str]:
    """Of every answer. Behind TLS a browser is never to ask without again."""
    if urlsplit(public_url or "").scheme == "https":
        return {**HEADERS, "Strict-Transport-Security": f"max-age={TWO_YEARS}"}
    return HEADERS


class KnownHosts:
    """Answers only under names that are the service's own: who lures a browser here by another name, or
    forges the name, gets nothing (DNS rebinding, poisoned links)."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app, self._names, self._headers = app, hosts(public_url), headers(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES or self._knows(scope):
            await self._app(scope, receive, send)
            return
        logger.info("asked under another name")
        body = {"type": "/problems/unknown_host", "title": "unknown_host", "status": 421}
        body |= {"detail": "The service isn't here under that name: see TETEN_PUBLIC_URL."}
        body |= {"detail_da": "Tjenesten findes ikke her under det navn: se TETEN_PUBLIC_URL."}
        answer = JSONResponse(
            body,
            HTTPStatus.MISDIRECTED_REQUEST,
            self._headers,
            media_type="application/problem+json",
        )
        await answer(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        asked = [value for name, value in scope["headers"] if name == b"host"]
        try:
            return len(asked) == 1 and urlsplit(f"//{asked[0].decode()}").hostname in self._names
        except ValueError:
            return False
