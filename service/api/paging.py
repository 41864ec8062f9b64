"""Long lists in pages: a signed cursor says where the next one begins, of this query and for this asker."""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from service.access.guard import TheAccess
from service.api.problems import Unreadable
from service.parts import TheParts

T = TypeVar("T")
LIMIT = 1000
MAC_BYTES = 16


class Page(NamedTuple):
    """Which part of a list is asked for, and by whom."""

    request: Request
    response: Response
    secret: bytes
    asker: str
    limit: int
    cursor: str | None

    def of(self, found: Sequence[T], key: Callable[[T], Any]) -> list[T]:
        """The part, with a `Link` to what follows it. The list is in the order of its keys, none twice;
        what came to be since the page before is listed where it belongs, and nothing is told twice."""
        after = self._after()
        rest = [each for each in found if after is None or _data(key(each)) > after]
        page = rest[: self.limit]
        if len(rest) > len(page):
            self._link(_data(key(page[-1])))
        return page

    def _after(self) -> Any:
        if self.cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(self.cursor.encode("ascii"))
        except ValueError:
            raw = b""
        mac, last = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(last)):
            raise Unreadable("cursor_invalid")
        return json.loads(last)

    def _link(self, last: Any) -> None:
        text = json.dumps(last).encode()
        cursor = base64.urlsafe_b64encode(self._mac(text) + text).decode()
        query = urlencode([*self._query(), ("limit", self.limit), ("cursor", cursor)])
        self.response.headers["Link"] = f'<{self.request.url.path}?{query}>; rel="next"'

    def _query(self) -> list[tuple[str, str]]:
        """All that was asked for but which part. `after` was waited for: no page goes back behind it."""
        asked = self.request.query_params.multi_items()
        return sorted(each for each in asked if each[0] not in ("limit", "cursor", "after"))

    def _mac(self, last: bytes) -> bytes:
        bound = json.dumps([self.asker, self.request.url.path, self._query()]).encode()
        return hmac.digest(self.secret, bound + b"\0" + last, "sha256")[:MAC_BYTES]


def _data(key: Any) -> Any:
    """As it is again once it was written in a cursor."""
    return json.loads(json.dumps(key, default=str))


def _page(
    request: Request,
    response: Response,
    parts: TheParts,
    access: TheAccess,
    limit: Annotated[int, Query(ge=1, le=LIMIT, description="At most so many.")] = LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=500, description="Of the `Link` with `rel=next`, as it was.")
    ] = None,
) -> Page:
    principal = access.principal
    asker = f"{principal.kind} {principal.person}"
    return Page(request, response, parts.teten.cursor_key, asker, limit, cursor)


ThePage = Annotated[Page, Depends(_page)]
