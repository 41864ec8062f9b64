"""What isn't done, said as RFC 9457 has it: a code that never changes, both languages, and the facts."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from domain.words import Refused
from service import answers, whatif
from service.access.limits import TooManyRequests
from service.clerk import Malformed
from service.entries import UnknownEvent
from service.known import NotKnown, TooManyReplays
from service.logging import defect, without_cpr
from service.people.forgetting import CaseMoved
from service.people.keys import Forgotten
from service.refusals import TEXTS, Text
from service.report import UnknownProgramme
from service.rows import ProjectionsBehind
from service.web.showing import PROBLEM, on_a_page
from service.webhooks.refusing import WebhookRefused

logger = structlog.get_logger()
Handler = Callable[[Request, Any], Response]
STATUS_OF_REFUSAL = {"forbidden": 403, "not_found": 404}
REFUSED = 409  # What the domain refuses for any other reason.


class Told(NamedTuple):
    """How a code of the service's own is told; those of the domain are in `service.refusals`."""

    status: int
    danish: str
    english: str
    retry_after: int | None = None  # Seconds.


CODES = {
    "busy": Told(
        503,
        "Loggen er optaget af andre. Intet er gemt: spørg igen.",
        "The log is held by others. Nothing was stored: ask again.",
        1,
    ),
    "unanswered": Told(
        503,
        "Databasen svarede ikke, og det vides ikke, om det blev gjort. Spørg igen med samme"
        " Idempotency-Key: det bliver aldrig gjort to gange.",
        "The database didn't answer, and whether it was done isn't known. Ask again with the same"
        " Idempotency-Key: it is never done twice.",
        5,
    ),
    "key_reused": Told(
        422,
        "Den Idempotency-Key er brugt før, til noget andet. Et nyt ønske skal have en ny.",
        "That Idempotency-Key was used before, for something else. A new wish takes a new one.",
    ),
    "version_moved": Told(
        412,
        "Sagen er ændret, siden den blev læst. Læs den igen, og tag stilling.",
        "The case has changed since it was read. Read it again, then decide.",
    ),
    "malformed": Told(
        422,
        "Forespørgslen kan ikke læses.",
        "The request can't be read.",
    ),
    "too_large": Told(
        413,
        "Det, der er sendt, er for stort.",
        "What was sent is too large.",
    ),
    "unsupported_type": Told(
        415,
        "Den slags tages der ikke imod her.",
        "What was sent is of no type that is taken here.",
    ),
    "cursor_invalid": Told(
        422,
        "Listens cursor passer ikke til denne forespørgsel. Begynd forfra uden den.",
        "The cursor doesn't belong to this query. Begin again without it.",
    ),
    "too_many_requests": Told(
        429,
        "Der er spurgt for ofte. Vent lidt, og spørg igen.",
        "There were too many requests. Wait a little, then ask again.",
    ),
    "projections_behind": Told(
        503,
        "Tallene er ikke ført frem til den position endnu.",
        "The figures have not come to that position yet.",
        1,
    ),
    "unavailable": Told(
        503,
        "Databasen svarer ikke lige nu.",
        "The database doesn't answer just now.",
        5,
    ),
    "uploads_full": Told(
        503,
        "Der sendes så mange filer lige nu, at der ikke er plads til flere. Intet er gemt: send igen om"
        " lidt.",
        "So many files are being sent just now that there is no room for more. Nothing was stored: send it"
        " again in a little while.",
        10,
    ),
    "file_lost": Told(
        410,
        "Filen mangler eller er beskadiget, hvor den er gemt. Driften har fået det at vide. Har nogen den"
        " endnu, så send den igen.",
        "The file is missing or damaged where it is kept. Whoever runs the service was told. If anybody"
        " still has it, send it again.",
    ),
    "workshop_closed": Told(
        503,
        "Der kan ikke laves en kopi af billedet lige nu. Filen, som den kom, kan hentes.",
        "No copy of the picture can be made just now, as the program for it can't be started. The file as it"
        " came can be had.",
        60,
    ),
    "disk_full": Told(
        507,
        "Der er ikke plads til filen. Intet er gemt: send den igen senere. Driften har fået det at vide.",
        "There is no room for the file. Nothing was stored: send it again later. Whoever runs the service"
        " was told.",
        300,
    ),
    "too_many_replays": Told(
        503,
        "Andre spørger om tidligere tidspunkter, og det tager lidt tid.",
        "Others are asking for earlier moments, which takes a while.",
        60,
    ),
    "not_known": Told(
        422,
        "Det er hverken en position, der findes, eller et tidspunkt.",
        "It is neither a position that there is nor a moment.",
    ),
    "unknown_event": Told(
        500,
        "Loggen rummer en hændelse, som denne version ikke kender. Kør en nyere version.",
        "The log holds an event that this version doesn't know. Run a newer version.",
    ),
    "failed": Told(
        500,
        "Noget gik galt her.",
        "Something went wrong here.",
    ),
    "not_signed_in": Told(
        401,
        "Log ind først.",
        "Sign in first.",
    ),
    "not_genuine": Told(
        403,
        "Det kom ikke fra en af vores egne sider. Åbn siden igen, og prøv igen.",
        "It didn't come from a page of ours. Open the page again, and try again.",
    ),
}


class Problem(BaseModel):
    """RFC 9457. `title` is the code; `type` leads to a page that explains it."""

    type: str
    title: str
    status: int
    detail: str
    detail_da: str
    facts: dict[str, Any] | None = None
    errors: list[dict[str, str]] | None = None


def explained(code: str) -> Text | None:
    """What a code means, whoever uses it; nothing where there is no such code."""
    if code in TEXTS:
        return TEXTS[code]
    told = CODES.get(code)
    return Text(told.danish, told.english) if told else None


def problem(status: int, title: str, danish: str, english: str, **more: Any) -> JSONResponse:
    """An answer as RFC 9457 has it, with the sentence in both languages."""
    body = {"type": f"/problems/{title}", "title": title, "status": status}
    body |= {"detail": without_cpr(english), "detail_da": without_cpr(danish), **more}
    return JSONResponse(body, status, media_type=PROBLEM)


def coded(code: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """A problem of one of the service's own codes."""
    told = CODES[code]
    answer = problem(told.status, code, told.danish, told.english, **more)
    if told.retry_after:
        answer.headers["Retry-After"] = str(told.retry_after)
    answer.headers.update(headers or {})
    return answer


def refusal(no: Refused) -> JSONResponse:
    """What the domain refuses, with its facts. The same bytes each time: stored facts come back in another
    order."""
    status, text = STATUS_OF_REFUSAL.get(no.code, REFUSED), TEXTS[no.code]
    facts = dict(sorted(no.facts.items()))
    return problem(status, no.code, text.danish, text.english, facts=facts)


class Unreadable(Exception):
    """What was sent can't be taken: which code, and where in it."""

    def __init__(
        self, code: str, *where: tuple[str, str, str], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.headers = code, headers
        self.errors = [_error(*each) for each in where]


def _error(pointer: str, danish: str, english: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": english, "detail_da": danish}


class NotModified(Exception):
    """The asker has the answer already."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


DANISH = {
    "missing": "Feltet mangler.",
    "extra_forbidden": "Feltet findes ikke her.",
    "value_error": "Værdien passer ikke her.",
}


def wrong_fields(errors: Iterable[Any]) -> list[dict[str, str]]:
    """Where, as a JSON pointer (RFC 6901), and what, without the value: it may be a person's."""
    return [
        _error(
            "".join(f"/{_escaped(part)}" for part in each["loc"]),
            DANISH.get(each["type"], DANISH["value_error"]),
            _without_value(each),
        )
        for each in errors
    ]


def _escaped(part: Any) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _without_value(error: Any) -> str:
    if error["type"] in ("value_error", "assertion_error"):
        told = str(error["msg"]).removeprefix("Value error, ")
        return told.replace(repr(error["input"]), "…")
    return str(error["msg"])


# Handlers ----------------------------------------------------------------------------------------


def install(app: FastAPI, more: Mapping[type[Exception], Handler]) -> None:
    """Have every exception that we know of told as a problem: to programs as data, to people on a page."""
    handlers: dict[type[Exception], Handler] = {
        Refused: _refused,
        Unreadable: _unreadable,
        NotModified: _not_modified,
        TooManyRequests: _too_many_requests,
        Malformed: _taken_wrongly,
        ValidationError: _invalid,
        RequestValidationError: _malformed,
        answers.Busy: lambda *_: coded("busy"),
        CaseMoved: lambda *_: coded("busy"),
        Forgotten: lambda *_: refusal(Refused("citizen_forgotten")),
        answers.Unanswered: lambda *_: coded("unanswered"),
        answers.CommandIdReused: lambda *_: coded("key_reused"),
        answers.VersionMoved: _moved,
        NotKnown: _not_known,
        TooManyReplays: _too_many_replays,
        UnknownEvent: _unknown_event,
        ProjectionsBehind: _behind,
        whatif.Busy: _reckoning,
        WebhookRefused: _webhook_refused,
        psycopg.DataError: _unspeakable,
        psycopg.OperationalError: _unavailable,
        PersistenceError: _unavailable,
        HTTPException: _http,
        **more,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, _for_whoever_asks(handler))


def _for_whoever_asks(handler: Handler) -> Handler:
    return lambda request, error: on_a_page(request, handler(request, error))


def _unspeakable(request: Request, error: psycopg.DataError) -> JSONResponse:
    """What the address names holds what PostgreSQL can't be asked about."""
    if any("\0" in text for text in (request.scope["path"], *request.query_params.values())):
        return coded("malformed")
    logger.error("failed", **defect(error))
    return coded("failed")


def _refused(_: Request, error: Refused) -> JSONResponse:
    return refusal(error)


def _unreadable(_: Request, error: Unreadable) -> JSONResponse:
    more = {"errors": error.errors} if error.errors else {}
    return coded(error.code, error.headers, **more)


def _not_modified(_: Request, error: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": error.etag})


def _too_many_requests(_: Request, error: TooManyRequests) -> JSONResponse:
    wait = {"Retry-After": str(error.budget.seconds)}
    return coded("too_many_requests", {**error.budget.headers, **wait})


def _taken_wrongly(_: Request, error: Malformed) -> JSONResponse:
    return coded("malformed", errors=[_error("", CODES["malformed"].danish, str(error))])


def _invalid(_: Request, error: ValidationError) -> JSONResponse:
    return coded("malformed", errors=wrong_fields(error.errors(include_url=False)))


def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
    english = "; ".join(f"{each['loc'][-1]}: {_without_value(each)}" for each in error.errors())
    danish = f"Forespørgslen kan ikke læses: {english}"
    return problem(422, "malformed", danish, english, errors=wrong_fields(error.errors()))


def _moved(_: Request, error: answers.VersionMoved) -> JSONResponse:
    headers = {"ETag": f'"{error.current}"'} if error.current else {}
    return coded("version_moved", headers, facts={"version": error.current})


def _http(_: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:  # A body that isn't what it says it is.
        return coded("malformed")
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    danish = {404: "Det findes ikke her.", 405: "Det kan man ikke gøre her."}
    told = danish.get(error.status_code, "Det kunne ikke lade sig gøre.")
    answer = problem(error.status_code, name, told, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _webhook_refused(_: Request, error: WebhookRefused) -> JSONResponse:
    return problem(error.status, error.code, error.danish, str(error))


def unknown_programme(error: UnknownProgramme) -> JSONResponse:
    return problem(404, "not_found", error.danish, str(error))


def _not_known(_: Request, error: NotKnown) -> JSONResponse:
    return problem(422, "not_known", error.danish, str(error))


def _too_many_replays(_: Request, error: TooManyReplays) -> JSONResponse:
    answer = problem(503, "too_many_replays", error.danish, str(error))
    answer.headers["Retry-After"] = str(CODES["too_many_replays"].retry_after)
    return answer


def _unknown_event(_: Request, error: UnknownEvent) -> JSONResponse:
    return problem(500, "unknown_event", CODES["unknown_event"].danish, str(error))


def _behind(_: Request, error: ProjectionsBehind) -> JSONResponse:
    answer = problem(503, "projections_behind", error.danish, str(error))
    answer.headers["Retry-After"] = str(CODES["projections_behind"].retry_after)
    return answer


def _reckoning(_: Request, error: whatif.Busy) -> JSONResponse:
    answer = problem(503, "busy", error.danish, str(error))
    answer.headers["Retry-After"] = "5"
    return answer


def _unavailable(_: Request, error: Exception) -> JSONResponse:
    logger.error("database unavailable", error=type(error).__name__)
    return coded("unavailable")
