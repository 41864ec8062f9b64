"""Every command over HTTP: one route each, made from the commands that the domain has."""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from domain.case.enrolment import RegisterCase
from domain.case.state import cases
from domain.permissions import Reach
from domain.programme import programmes
from domain.review import FlagCommand
from domain.words import COMMANDS, Command, Refused
from service.access.guard import Access, Somewhere, TheAccess
from service.answers import Answer
from service.api import bodies
from service.api.bodies import Wish
from service.api.command_bodies import request_body
from service.api.problems import Unreadable
from service.app import Teten
from service.clerk import UNSTORABLE, Malformed, storable
from service.deciding import Conditions
from service.logging import without_cpr
from service.parts import TheParts

# After draft-ietf-httpapi-idempotency-key-header-07: a string of HTTP, and here also without its quotes.
KEY = r'^("[A-Za-z0-9_.:-]{1,64}"|[A-Za-z0-9_.:-]{1,64})$'
VERSION = re.compile(r'"([0-9]{1,18})(?:-[0-9]+[.][0-9a-f]+)?"', re.ASCII)
OURS = ("id", "by", "at", "cause")  # Said by the request as such, never by its body.
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=KEY,
        description="Yours to choose, one for each wish: a UUID, say. Asked again under the same key, the"
        " same answer, and nothing is done twice.",
        openapi_examples={"uuid": {"value": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}},
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="Only while the case is at this version: the `ETag` of a case, or of an answer.",
        pattern=r'^"[0-9]{1,18}(-[0-9]+[.][0-9a-f]+)?"$',
    ),
]
DryRun = Annotated[
    bool,
    Query(description="Only tell what would come of it, as things stand now. Nothing is stored."),
]
router = APIRouter(prefix="/v1/commands", tags=["commands"])


class Done(BaseModel):
    """What was done, told in the same bytes whenever the same is asked again."""

    command: str
    first_position: int
    last_position: int
    streams: dict[str, int]  # Those written, with the version that each then had.
    links: dict[str, str]


class WouldBe(BaseModel):
    """An event that the command would lead to. Free text is a placeholder."""

    stream: str
    version: int
    event: str
    data: dict[str, Any]


class Rehearsal(BaseModel):
    """What a command would lead to."""

    dry_run: bool
    events: list[WouldBe]


def path_of(name: str) -> str:
    """`ReceiveCreditNote` is asked for at `receive-credit-note`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Ask(BaseModel):
    """A request for a command, as it came."""

    name: str
    key: str
    if_match: str | None


def _endpoint(name: str, kind: type[Command]) -> Callable[..., Any]:
    async def ask(
        request: Request,
        parts: TheParts,
        access: TheAccess,
        key: IdempotencyKey,
        if_match: IfMatch = None,
        dry_run: DryRun = False,  # noqa: FBT002 - it is a query
    ) -> Response:
        asked = Ask(name=name, key=bare(key), if_match=if_match)
        wish = await bodies.read(request, kind, parts.teten.settings.upload_bytes)
        handle = rehearsed if dry_run else answered
        try:
            return await run_in_threadpool(handle, parts.teten, access, asked, wish)
        except Refused as no:
            raise await run_in_threadpool(within_reach, no, access, name) from None

    ask.__name__ = path_of(name).replace("-", "_")
    ask.__doc__ = kind.__doc__ if kind.__doc__ != Command.__doc__ else None
    return ask


for _name, _kind in sorted(COMMANDS.items()):
    router.add_api_route(
        f"/{path_of(_name)}",
        _endpoint(_name, _kind),
        methods=["POST"],
        dependencies=[Depends(Somewhere(_name))],
        response_model=Done | Rehearsal,
        responses={status: {} for status in (409, 412, 413, 415)},
        summary=_name,
        openapi_extra={"requestBody": request_body(_name, _kind)},
    )


# From here on in a thread: the log waits for its database. ---------------------------------------


def within_reach(no: Refused, access: Access, action: str) -> Refused:
    """The refusal without the case that has a number already, if it is out of the asker's reach."""
    case_no, line, _ = str(no.facts.get("taken_by", "")).rpartition("/")
    if not line or access.sees_case(action, case_no):
        return no
    facts = {name: told for name, told in no.facts.items() if name != "taken_by"}
    return Refused(no.code, **facts)


def answered(teten: Teten, access: Access, asked: Ask, wish: Wish) -> Response:
    body = _body(access, asked, wish)
    conditions = _conditions(teten, access, asked, body)
    done = teten.clerk.in_plain(asked.name, body, wish.file, conditions)
    streams = {each.stream: each.version for each in teten.clerk.events(done)}
    answer = JSONResponse(_told(done, streams, body).model_dump())
    answer.headers["Idempotency-Replayed"] = str(done.again).lower()
    if version := streams.get(cases.stream(str(body.get("case_no")))):
        answer.headers["ETag"] = f'"{version}"'
    return answer


def rehearsed(teten: Teten, access: Access, asked: Ask, wish: Wish) -> Response:
    told = would_be(teten, access, asked, wish)
    return JSONResponse(Rehearsal(dry_run=True, events=told).model_dump())


def would_be(teten: Teten, access: Access, asked: Ask, wish: Wish) -> list[WouldBe]:
    """What would come of it, as things stand now. Refused, and as `answered`."""
    body = _body(access, asked, wish)
    conditions = _conditions(teten, access, asked, body)
    return [
        WouldBe(
            stream=str(each.originator_id),
            version=each.originator_version,
            event=each.topic,
            data=json.loads(each.state)["event"],
        )
        for each in teten.clerk.rehearsed(asked.name, body, wish.file, conditions)
    ]


def _told(done: Answer, streams: dict[str, int], body: dict[str, Any]) -> Done:
    before, count = done.first_position - 1, done.last_position - done.first_position + 1
    links = {"events": f"/v1/events?after={before}&limit={count}"}
    if "case_no" in body:
        links["case"] = f"/v1/cases/{body['case_no']}?after={done.last_position}"
    return Done(
        command=done.command,
        first_position=done.first_position,
        last_position=done.last_position,
        streams=dict(sorted(streams.items())),
        links=links,
    )


def bare(key: str) -> str:
    bare = key.strip('"')
    if without_cpr(bare) != bare:
        told = "A CPR number can't be a key: it would stand in the log in clear."
        raise Unreadable("malformed", ("/Idempotency-Key", "Et CPR-nummer må ikke bruges.", told))
    return bare


def _body(access: Access, asked: Ask, wish: Wish) -> dict[str, Any]:
    """The command's fields with what the request says besides. Its id is the asker's own: two who choose
    the same key never meet (no person's key holds a slash)."""
    if given := [each for each in OURS if each in wish.fields]:
        told = "Said by the request as such: leave it out."
        danish = "Det fremgår af forespørgslen selv: udelad det."
        raise Unreadable("malformed", *((f"/{each}", danish, told) for each in given))
    if not storable(wish.fields):
        raise Malformed(UNSTORABLE)
    person = access.principal.person
    return {
        **wish.fields,
        "id": f"api/{person}/{asked.key}",
        "by": person,
        "cause": f"POST /v1/commands/{path_of(asked.name)}",
    }


def _conditions(teten: Teten, access: Access, asked: Ask, body: dict[str, Any]) -> Conditions:
    """Forbidden: the sign-in doesn't grant what the programme would. Unreadable: a version of what?"""
    kind = COMMANDS[asked.name]
    programme = str(body.get("programme"))
    if teten.log.state(programmes, programme).established:
        access.require(asked.name, programme)
    on_a_case = "case_no" in kind.model_fields
    version = VERSION.fullmatch(asked.if_match) if asked.if_match else None
    if version and not on_a_case:
        told = "If-Match is for commands on a case."
        raise Unreadable("malformed", ("/If-Match", "If-Match gælder kun sager.", told))
    case_no = str(body.get("case_no") or "")
    of_none = not case_no and not kind.model_fields["case_no"].is_required() if on_a_case else True
    if of_none and issubclass(kind, FlagCommand):  # About no single case: for whom all cases are.
        of_none = access.reach(asked.name, programme) is Reach.ALL
    there = kind is RegisterCase or of_none or access.sees_case(asked.name, case_no)
    return Conditions(version=int(version[1]) if version else None, unseen=not there)
