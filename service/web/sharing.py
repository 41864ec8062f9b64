"""The page on which what arrived is handed in as one receipt for several lines."""

from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from domain.case import Case, cases
from projections.intake import Kind, Picture
from service.access.guard import Access, Somewhere, TheAccess
from service.intake import looking
from service.parts import Parts, TheParts
from service.web import words
from service.web.forms import WRONG, Key, Short, Typed
from service.web.intake import NO_SUCH_PICTURE, filled_in
from service.web.showing import show

router = APIRouter(prefix="/intake", include_in_schema=False)
SHARE = "/voucher/{place}/{ref}/share"
TWO_LINES = (
    "Skriv et beløb ved mindst to poster. Er den for én post, så aflever den på bilagets side."
)
DONE = (
    "Bilaget er allerede afleveret eller lagt til side. Er der flere, står de under indkomne bilag."
)
Ref = Annotated[str, Path(max_length=64)]
CaseAsked = Annotated[str, Query(max_length=64)]
Several = Annotated[list[str], Form(max_length=100)]


@router.get(SHARE, dependencies=[Depends(Somewhere("ShareReceipt"))], response_class=HTMLResponse)
def share_page(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    place: Ref,
    ref: Ref,
    case_no: CaseAsked = "",
) -> HTMLResponse:
    """Without a case, which one is asked first: only then are its lines known."""
    found = _found(parts, access, place, ref)
    if not found:
        return show(request, "share.html", 404, message=NO_SUCH_PICTURE)
    wanted = case_no.strip() or found.case_no or ""
    form = Typed(filled_in(found) | {"case_no": wanted, "number": found.ref})
    return _shown(request, parts, access, found, form)


@router.post(SHARE, dependencies=[Depends(Somewhere("ShareReceipt"))])
def share(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    place: Ref,
    ref: Ref,
    lines: Several,
    amounts: Several,
    key: Key = "",
    case_no: Short = "",
    number: Short = "",
    amount: Short = "",
    merchant: Short = "",
    purchased_on: Short = "",
    step: Short = "",
) -> Response:
    found = _found(parts, access, place, ref)
    if not found:
        return show(request, "share.html", 404, message=NO_SUCH_PICTURE)
    said = {"case_no": case_no, "number": number, "amount": amount, "merchant": merchant}
    said["purchased_on"] = purchased_on
    by_line = dict(zip(lines, amounts, strict=False))
    form = Typed({**said, "by_line": by_line}, key)
    form.need(*said)
    wish = {
        "programme": found.programme,
        "case_no": case_no,
        "ref": number,
        "voucher": found.ref,
        "amount": form.amount("amount", amount),
        "shares": _shares(form, by_line),
        "merchant": merchant.strip(),
        "purchased_on": purchased_on,
    }
    if form.ask(parts, access, "ShareReceipt", wish, step):
        return RedirectResponse(f"/cases/{quote(case_no)}#lines", 303)
    return _shown(request, parts, access, found, form)


def _shares(form: Typed, by_line: dict[str, str]) -> list[dict[str, Any]]:
    """A share of each line that an amount is written at; a number that is none is the command's to refuse."""
    shares: list[dict[str, Any]] = []
    for line, text in by_line.items():
        if text.strip():
            line_no: int | str = line
            with suppress(ValueError):
                line_no = int(line)
            shares.append({"line_no": line_no, "amount": form.amount(f"line-{line}", text)})
    if len(shares) < 2:  # noqa: PLR2004 - or it is not shared
        form.wrong["amounts"] = TWO_LINES
    return shares


def _found(parts: Parts, access: Access, place: str, ref: str) -> Picture | None:
    with parts.teten.rows.snapshot() as snapshot:
        return looking.found(parts.teten, access, snapshot, Kind.VOUCHER, place, ref)


def _shown(
    request: Request, parts: Parts, access: Access, found: Picture, form: Typed
) -> HTMLResponse:
    if not found.open:
        return show(request, "share.html", 409, message=DONE, programme=found.programme)
    wanted = str(form.values["case_no"])
    case: Case | None = None
    if wanted and access.sees_case("ShareReceipt", wanted):
        case = parts.teten.log.state(cases, wanted)
    elif wanted:
        form.wrong["case_no"] = f"{words.NO_SUCH_CASE} {WRONG['case_no']}"
    return show(
        request,
        "share.html",
        form.status,
        programme=found.programme,
        picture=found,
        form=form,
        lines=sorted(case.lines) if case else [],
        case=case,
        words=words,
    )
