"""To read one's own write, and nothing twice: `?after=` and `If-None-Match`, wherever figures are read."""

import hmac
import json
from typing import Annotated

from fastapi import Depends, Header, Query, Request

from domain.case import cases
from service.access.guard import TheAccess
from service.api.parts import today
from service.api.problems import NotModified
from service.clerk import storable
from service.parts import TheParts

HASH_BYTES = 8
AfterQuery = Annotated[
    int | None,
    Query(ge=0, le=2**62, description="Only with what stands at that position counted in."),
]
Seen = Annotated[str | None, Header(alias="If-None-Match", description="`ETag`s of answers.")]


def _following(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    after: AfterQuery = None,
    seen: Seen = None,
) -> None:
    """Wait for the position. Then say of which state of the log the answer is: the very same question of
    the very same asker gets the same answer as long as nothing was added. NotModified, ProjectionsBehind,
    or NotKnown: nothing stands at that position yet."""
    teten = parts.teten
    if after is not None:
        teten.rows.wait_until_seen(teten.replays.position(after))
    head = teten.log.head()
    principal = access.principal
    asker = [principal.kind, principal.person, sorted(principal.roles), principal.case_no]
    query = sorted(each for each in request.query_params.multi_items() if each[0] != "after")
    teams = sorted(principal.teams) if principal.teams is not None else None
    asked = [request.url.path, query, asker, teams, str(today())]
    mac = hmac.digest(teten.cursor_key, json.dumps(asked).encode(), "sha256")[:HASH_BYTES]
    etag = f"{head}.{mac.hex()}"
    case_no = request.path_params.get("case_no")
    if case_no and storable(case_no) and "known" not in request.query_params:
        version, _ = teten.log.read(cases, cases.stream(case_no))
        etag = f"{version}-{etag}"
    request.state.etag = f'"{etag}"'
    if seen and request.state.etag in {each.strip().removeprefix("W/") for each in seen.split(",")}:
        raise NotModified(request.state.etag)


Following = Depends(_following)
