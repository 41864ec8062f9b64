"""How a page is made of a template: amounts and days as Danes write them, and no scripts."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from domain.money import Money
from projections.audit_trail import CODES
from service.clerk import DANISH_TIME
from service.known import Known, parse
from service.logging import without_cpr
from service.web.words import ROLES

HERE = Path(__file__).parent
PROBLEM = "application/problem+json"
AMOUNT = re.compile(r"-?[0-9]+[.][0-9]{2}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
ProgrammeAsked = Annotated[str | None, Query(max_length=64)]
KnownAsked = Annotated[str, Query(max_length=40)]
DayAsked = Annotated[str, Query(max_length=10)]


class NotADay(ValueError):
    """It is not written as the date field of a browser writes it."""

    def __init__(self, text: str) -> None:
        self.danish = f"»{text}« er ikke en dato (åååå-mm-dd)."
        self.english = f"{text!r} is no date (yyyy-mm-dd)."
        super().__init__(self.danish)


def danish(amount: Money | str) -> str:
    return Money.parse(str(amount)).danish()


def as_read(text: str | None) -> str:
    """What an approver saw, as Danes write it."""
    if text is None:
        return "intet"
    if AMOUNT.fullmatch(text):
        return f"{danish(text)} kr."
    if DAY.fullmatch(text):
        return f"{date.fromisoformat(text):%d-%m-%Y}"
    return CODES.get(text, text)


templates = Jinja2Templates(HERE)
templates.env.filters["kr"] = danish
templates.env.filters["whole_kr"] = lambda amount: danish(amount).partition(",")[0]
templates.env.filters["comma"] = lambda number: str(number).replace(".", ",")
templates.env.filters["as_read"] = as_read
templates.env.filters["time"] = lambda moment: f"{moment.astimezone(DANISH_TIME):%d-%m-%Y %H:%M}"
templates.env.filters["as_role"] = lambda role: ROLES[role]
templates.env.filters["day"] = lambda day: day.strftime("%d-%m-%Y")


@dataclass(frozen=True)
class Moment:
    """The two times that a page is asked for. `None`: everything, as it is known now."""

    as_of: date | None = None
    known: Known | None = None
    known_text: str = ""

    @classmethod
    def of(cls, as_of: str, known: str) -> "Moment":
        """As written in the fields of a page. NotADay, NotKnown."""
        return cls(day_of(as_of), parse(known) if known.strip() else None, known.strip())

    def query(self, **also: str | None) -> str:
        """For an address that shows the same moment."""
        asked = {**also, "as_of": self.as_of, "known": self.known_text}
        found = urlencode({name: value for name, value in asked.items() if value})
        return f"?{found}" if found else ""


templates.env.globals["now"] = Moment()  # For a page that is of no other moment.


def _moment(as_of: DayAsked = "", known: KnownAsked = "") -> Moment:
    return Moment.of(as_of, known)


TheMoment = Annotated[Moment, Depends(_moment)]


def day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day
    except ValueError:
        raise NotADay(text) from None


def of_page(request: Request) -> bool:
    """Whether a person waits for a page, not a program for data."""
    if request.url.path.startswith("/v1/"):
        return False
    route = request.scope.get("route")
    if route is None:
        return "text/html" in request.headers.get("accept", "")
    return not route.include_in_schema


def on_a_page(request: Request, problem: Response) -> Response:
    """A problem as whoever asked can read it: on a page, its Danish sentence alone."""
    if problem.media_type != PROBLEM or not of_page(request):
        return problem
    told = json.loads(bytes(problem.body))
    page = show(request, "frame.html", problem.status_code, message=told["detail_da"])
    kept = ("retry-after", "connection", "allow")
    page.headers.update({each: problem.headers[each] for each in kept if each in problem.headers})
    return page


def show(
    request: Request,
    template: str,
    status: int = 200,
    *,
    message: str | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page, with what the one who is signed in may go on to. Who isn't is led to the sign-in."""
    access = getattr(request.state, "access", None)

    def may(action: str) -> bool:
        return not access or access.reach(action, context.get("programme")) is not None

    told = without_cpr(message) if message else None
    everywhere = {"message": told, "access": access, "may": may}
    return templates.TemplateResponse(
        request, template, {**everywhere, **context}, status_code=status
    )
