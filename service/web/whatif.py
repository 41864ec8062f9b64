"""The page of other rules: what they would have saved and cost, month by month, with the method beside it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from domain.money import ZERO, Money
from projections.whatif.answer import Answer, months
from service.access.guard import Allowed
from service.importing.reading import reasons
from service.parts import TheParts
from service.report import chosen
from service.web import words
from service.web.showing import ProgrammeAsked, show
from service.whatif import Busy, RulesAsked

router = APIRouter(include_in_schema=False)
# What the form proposes: the practice that the pilot's report recommends (p. 31), in the data set's amounts.
PROPOSED = {
    "tranche_max": "10000",
    "undocumented_limit": "12000",
    "receipt_deadline_days": "30",
    "routes": "ean,account",
    "receipts_first": "",
}
HEIGHT, STEP = 200, 28  # Of the chart, and from one of its months to the next.
Field = Annotated[str | None, Query(max_length=20)]


@router.get("/whatif", dependencies=[Depends(Allowed("read_whatif"))], response_class=HTMLResponse)
def whatif(
    request: Request,
    parts: TheParts,
    programme: ProgrammeAsked = None,
    tranche_max: Field = None,
    undocumented_limit: Field = None,
    receipt_deadline_days: Field = None,
    routes: Field = None,
    receipts_first: Field = None,
) -> HTMLResponse:
    """Empty fields stay as they were."""
    form = {
        "tranche_max": tranche_max,
        "undocumented_limit": undocumented_limit,
        "receipt_deadline_days": receipt_deadline_days,
        "routes": routes,
        "receipts_first": receipts_first,
    }
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
    assert known.terms
    context: dict[str, Any] = {
        "programme": known.programme,
        "terms": known.terms,
        "form": PROPOSED,
    }
    if all(value is None for value in form.values()):
        return show(request, "whatif.html", **context, found=None)
    try:
        asked = _asked(form)
        found = parts.answers.answered(known.programme, asked)
    except Busy as error:
        return show(request, "whatif.html", 503, message=error.danish)
    except ValidationError as error:
        wrong = {where.partition(".")[0] for where, _ in reasons(error)}
        told = ", ".join(words.RULES.get(each, each) for each in sorted(wrong))
        message = f"{told}: det kan ikke læses. Skriv hele kroner og hele dage, som 12000 og 30."
        return show(request, "whatif.html", 422, message=message)
    return show(
        request,
        "whatif.html",
        **context | {"form": form},
        found=found,
        months=months(found.days),
        chart=_chart(found),
        words=words,
        query=_query(known.programme, asked),
    )


def _asked(form: dict[str, str | None]) -> RulesAsked:
    given: dict[str, Any] = {name: value for name, value in form.items() if value}
    for name in ("tranche_max", "undocumented_limit"):
        if name in given and given[name].isdecimal():
            given[name] += ".00"
    if "routes" in given:
        given["routes"] = given["routes"].split(",")
    return RulesAsked.model_validate(given)


def _query(programme: str, asked: RulesAsked) -> str:
    rules = asked.model_dump(mode="json", exclude_unset=True)
    return urlencode({"programme": programme} | rules, doseq=True)


def _chart(found: Answer) -> dict[str, Any]:
    """Two bars a month, in whole units of the drawing: history's, and the replay's before it."""
    every = months(found.days)
    most = max((max(each.history, each.replayed) for each in every), default=ZERO) or Money(1)
    bars = [
        {
            "x": STEP * place,
            "then": HEIGHT * max(ZERO, each.history).ore // most.ore,
            "now": HEIGHT * max(ZERO, each.replayed).ore // most.ore,
            "day": each.day,
        }
        for place, each in enumerate(every)
    ]
    return {"bars": bars, "width": STEP * len(bars), "height": HEIGHT, "most": most}
