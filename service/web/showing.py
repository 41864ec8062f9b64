"""How a page is made of a template: amounts and days as Danes write them, and no scripts."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from domain.money import Money

HERE = Path(__file__).parent
ProgrammeAsked = Annotated[str | None, Query(max_length=64)]
DayAsked = Annotated[str, Query(max_length=10)]


class NotADay(ValueError):
    """It is not written as the date field of a browser writes it."""

    def __init__(self, text: str) -> None:
        super().__init__(f"»{text}« er ikke en dato (åååå-mm-dd).")


def danish(amount: Money | str) -> str:
    return Money.parse(str(amount)).danish()


templates = Jinja2Templates(HERE)
templates.env.filters["kr"] = danish
templates.env.filters["whole_kr"] = lambda amount: danish(amount).partition(",")[0]
templates.env.filters["comma"] = lambda number: str(number).replace(".", ",")
templates.env.filters["day"] = lambda day: day.strftime("%d-%m-%Y")


def day_of(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a day
    except ValueError:
        raise NotADay(text) from None


def show(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return templates.TemplateResponse(
        request, template, {"message": None, **context}, status_code=status
    )
