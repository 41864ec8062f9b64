"""The page on which a controller gives up waiting for a tranche's receipts."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from projections.worklists import ReceiptsMissing
from service.access.guard import Access, Somewhere, TheAccess
from service.api.parts import today
from service.cases import case_view
from service.parts import Parts, TheParts
from service.web import words
from service.web.forms import Key, Short, Text, Typed
from service.web.showing import show

router = APIRouter(include_in_schema=False)
WAIVE = "/cases/{case_no}/tranches/{tranche}/waive"
NOTHING_MISSING = (
    "Raten mangler ingen bilag, eller de er eftergivet. Forløbets side viser, hvad der mangler."
)
Ref = Annotated[str, Path(max_length=64)]


@router.get(WAIVE, dependencies=[Depends(Somewhere("WaiveReceipts"))], response_class=HTMLResponse)
def waive_page(
    request: Request, parts: TheParts, access: TheAccess, case_no: Ref, tranche: Ref
) -> HTMLResponse:
    found = _missing(parts, access, case_no, tranche)
    return _shown(request, access, case_no, found, Typed({}))


@router.post(WAIVE, dependencies=[Depends(Somewhere("WaiveReceipts"))])
def waive(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    case_no: Ref,
    tranche: Ref,
    key: Key = "",
    reason: Text = "",
    step: Short = "",
) -> Response:
    form = Typed({"reason": reason}, key)
    form.need("reason")
    found = _missing(parts, access, case_no, tranche)
    if found:
        programme, missing = found
        wish = {
            "programme": programme,
            "case_no": case_no,
            "line_no": int(missing.line),
            "ref": tranche,
            "reason": reason.strip(),
        }
        if form.ask(parts, access, "WaiveReceipts", wish, step):
            return RedirectResponse(f"/cases/{quote(case_no)}#ladder", 303)
    return _shown(request, access, case_no, found, form)


def _missing(
    parts: Parts, access: Access, case_no: str, tranche: str
) -> tuple[str, ReceiptsMissing] | None:
    """The case's programme, and what the tranche lacks, also if it was waived: by the same form, perhaps."""
    if not access.sees_case("WaiveReceipts", case_no):
        return None
    with parts.teten.rows.snapshot() as view:
        found = case_view(view, case_no, None, today())
    every = found[0].receipts_missing if found else []
    lacking = [each for each in every if each.tranche == tranche]
    return (found[0].programme, lacking[0]) if found and lacking else None


def _shown(
    request: Request,
    access: Access,
    case_no: str,
    found: tuple[str, ReceiptsMissing] | None,
    form: Typed,
) -> HTMLResponse:
    if not found or found[1].waived:
        status = 409 if access.sees_case("WaiveReceipts", case_no) else 404
        return show(request, "frame.html", status, message=NOTHING_MISSING)
    programme, missing = found
    return show(
        request,
        "waive.html",
        form.status,
        case_no=case_no,
        programme=programme,
        missing=missing,
        form=form,
        words=words,
    )
