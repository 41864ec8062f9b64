"""The pages of what arrives: handing it over, the queue, and filing it as a receipt."""

from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from domain.money import Money
from domain.voucher import Channel
from domain.words import Refused
from projections.intake import Kind, Picture, ReadingState
from service.access.guard import Access, Allowed, Somewhere, TheAccess
from service.access.uploads import Sent
from service.api.vouchers import shown
from service.clerk import Malformed
from service.intake import looking
from service.intake.looking import Form as Shape
from service.intake.queue import of_programme, owner_of, programme_of
from service.intake.receiving import Arrival, receive, within_a_day
from service.parts import Parts, TheParts
from service.people.sealing import fingerprint
from service.refusals import TEXTS
from service.report import chosen
from service.web import words
from service.web.forms import Typed, told_at_fields
from service.web.showing import ProgrammeAsked, show

router = APIRouter(prefix="/intake", include_in_schema=False)
NO_SUCH_PICTURE = "Der er intet bilag med det nummer."
NOTHING_CHOSEN = "Der var ingen fil. Vælg et billede eller en PDF, og send igen."
TOO_MUCH_TODAY = (
    "Der er sendt så mange bilag i dag, at der ikke kan modtages flere. Send resten i morgen."
)
NOT_UNDERSTOOD = "Noget er ikke skrevet, som det skal: se beløb (1.250,00), dato, sag og post."
Text = Annotated[str, Form(max_length=200)]


@router.get("", dependencies=[Depends(Allowed("read_case_list"))], response_class=HTMLResponse)
def queue_page(
    request: Request, parts: TheParts, access: TheAccess, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.rows.snapshot() as snapshot:
        known = chosen(snapshot, programme)
        waiting = of_programme(parts.teten, snapshot, known.programme)
        within = [each for each in waiting if looking.within_reach(parts.teten, access, each)]
        best = looking.best_proposed(access, snapshot, within, known.programme)
    state = {name: [each for each in within if each.state is name] for name in ReadingState}
    return show(
        request,
        "intake.html",
        programme=known.programme,
        terms=known.terms,
        best=best,
        waiting=state[ReadingState.WAITING],
        unreadable=state[ReadingState.UNREADABLE],
        read=state[ReadingState.READ],
        words=words,
    )


@router.post("", dependencies=[Depends(Somewhere("ReceiveVoucher"))])
async def hand_over(request: Request, parts: TheParts, access: TheAccess) -> Response:
    """Files from a page of the citizen's or the caseworker's. Nothing of them is opened here."""
    sent: Sent | None = getattr(request.state, "sent", None)
    if not sent:
        raise HTTPException(400)
    return await run_in_threadpool(_handed_over, request, parts, access, sent)


def _handed_over(request: Request, parts: Parts, access: Access, sent: Sent) -> Response:
    citizen = access.principal.case_no
    case_no, back = sent.field("case_no"), "/min-sag" if citizen else "/intake"
    if case_no and not access.sees_case("ReceiveVoucher", case_no):
        return show(request, "frame.html", 404, message=words.NO_SUCH_CASE)
    if not sent.files("file"):
        return show(request, "frame.html", 422, message=NOTHING_CHOSEN)
    if citizen and not within_a_day(parts.teten, citizen, len(sent.files("file"))):
        return show(request, "frame.html", 429, message=TOO_MUCH_TODAY)
    line_no = sent.field("line_no")
    try:
        for content in sent.files("file"):
            arrival = Arrival(
                programme=sent.field("programme"),
                by=access.principal.person,
                channel=Channel.PHONE if citizen else Channel.DESK,
                content=content,
                case_no=case_no or None,
                line_no=int(line_no) if line_no.isascii() and line_no.isdigit() else None,
            )
            # Another file is another arrival, also from a page that was gone back to.
            page = f"page/{access.principal.person}/{sent.field('key')[:40]}"
            receive(parts.teten, arrival, f"{page}/{fingerprint(content)}", "POST /intake")
    except Refused as no:
        return show(request, "frame.html", 409, message=TEXTS[no.code].danish)
    except (Malformed, ValidationError):
        return show(request, "frame.html", 422, message=NOT_UNDERSTOOD)
    if case_no and not citizen:
        back = f"/cases/{quote(case_no)}"
    return RedirectResponse(f"{back}#vouchers", 303)


@router.get(
    "/{what}/{place}/{ref}",
    dependencies=[Depends(Somewhere("read_case"))],
    response_class=HTMLResponse,
)
def one_picture(
    request: Request, parts: TheParts, access: TheAccess, what: Kind, place: str, ref: str
) -> HTMLResponse:
    found = _found(parts, access, what, place, ref)
    if not found:
        return show(request, "intake_one.html", 404, message=NO_SUCH_PICTURE)
    return _shown(request, parts, access, found)


@router.get(
    "/{what}/{place}/{ref}/{shape}",
    dependencies=[Depends(Somewhere("read_person"))],
    response_class=Response,
)
def look_at(
    parts: TheParts, access: TheAccess, what: Kind, place: str, ref: str, shape: Shape
) -> Response:
    found = _found(parts, access, what, place, ref)
    if not found:
        raise HTTPException(404, NO_SUCH_PICTURE)
    return shown(parts, access, found, shape, "GET /intake/{what}/{place}/{ref}/{shape}")


@router.post("/voucher/{place}/{ref}/file", dependencies=[Depends(Somewhere("HandInReceipt"))])
def file_it(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    place: str,
    ref: str,
    case_no: Text = "",
    line_no: Text = "",
    number: Text = "",
    amount: Text = "",
    merchant: Text = "",
    purchased_on: Text = "",
) -> Response:
    found = _found(parts, access, Kind.VOUCHER, place, ref)
    if not found or not access.sees_case("HandInReceipt", case_no):
        told = words.NO_SUCH_CASE if found else NO_SUCH_PICTURE
        return show(request, "intake_one.html", 404, message=told)
    said = {"case_no": case_no, "line_no": line_no, "number": number, "amount": amount}
    typed = said | {"merchant": merchant, "purchased_on": purchased_on}
    wish = {
        "case_no": case_no,
        "line_no": int(line_no) if line_no.isascii() and line_no.isdigit() else line_no,
        "ref": number,
        "voucher": ref,
        "amount": _plain(amount),
        "merchant": merchant,
        "purchased_on": purchased_on,
    }
    return _asked(request, parts, access, found, "HandInReceipt", wish, typed)


@router.post("/voucher/{place}/{ref}/aside", dependencies=[Depends(Somewhere("SetVoucherAside"))])
def set_aside(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    place: str,
    ref: str,
    reason: Text = "",
    why: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    found = _found(parts, access, Kind.VOUCHER, place, ref)
    if not found:
        return show(request, "intake_one.html", 404, message=NO_SUCH_PICTURE)
    wish: dict[str, Any] = {"case_no": found.case_no, "ref": ref, "reason": reason}
    if why.strip():
        wish["words"] = why.strip()
    return _asked(request, parts, access, found, "SetVoucherAside", wish, {"why": why})


def _asked(
    request: Request,
    parts: Parts,
    access: Access,
    found: Picture,
    name: str,
    wish: dict[str, Any],
    typed: dict[str, Any],
) -> Response:
    """What was done already is refused when it is sent twice."""
    told = {"programme": found.programme, "by": access.principal.person, "cause": "POST /intake"}
    try:
        parts.teten.clerk.in_plain(name, told | wish)
    except Refused as no:
        return _shown(request, parts, access, found, 409, TEXTS[no.code].danish, typed)
    except ValidationError as error:
        wrong = told_at_fields(error)
        return _shown(request, parts, access, found, 422, NOT_UNDERSTOOD, typed, wrong)
    except Malformed:
        return _shown(request, parts, access, found, 422, NOT_UNDERSTOOD, typed)
    return RedirectResponse(f"/intake?programme={quote(found.programme or '')}", 303)


def _found(parts: Parts, access: Access, what: Kind, place: str, ref: str) -> Picture | None:
    with parts.teten.rows.snapshot() as snapshot:
        return looking.found(parts.teten, access, snapshot, what, place, ref)


def _shown(
    request: Request,
    parts: Parts,
    access: Access,
    found: Picture,
    status: int = 200,
    refused: str | None = None,
    typed: dict[str, Any] | None = None,
    wrong: dict[str, str] | None = None,
) -> HTMLResponse:
    programme = programme_of(found, owner_of(parts.teten, found))
    with parts.teten.rows.snapshot() as snapshot:
        proposals = looking.proposed(access, snapshot, found, programme)
    return show(
        request,
        "intake_one.html",
        status,
        programme=programme,
        proposals=proposals,
        picture=found,
        form=Typed({"number": found.ref} | filled_in(found) | (typed or {}), wrong=wrong or {}),
        refused=refused,
        words=words,
    )


def filled_in(found: Picture) -> dict[str, Any]:
    """Only what two readers agree on, or whoever sent it said. The rest is shown, to be typed."""
    reading = found.reading
    known: dict[str, Any] = {"case_no": found.case_no, "line_no": found.line_no}
    if not reading:
        return known
    if reading.total and "total" in reading.agreed:
        known["amount"] = reading.total.amount.danish()
    if reading.purchased_on and "purchased_on" in reading.agreed:
        known["purchased_on"] = reading.purchased_on.day
    if reading.merchant and "merchant" in reading.agreed:
        known["merchant"] = reading.merchant.text
    return known


def _plain(amount: str) -> str:
    """1.250,00 as 1250.00. What isn't written so is left for the command to refuse."""
    with suppress(ValueError):
        return str(Money.parse_danish(amount.strip()))
    return amount
