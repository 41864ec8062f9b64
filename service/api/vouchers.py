"""Vouchers over HTTP: handed over, and looked after until somebody says what they are receipts for."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from domain.case import cases
from domain.intake import ReceiveVoucher
from domain.money import Money
from domain.reading import Reading
from domain.voucher import AsideFor, Channel
from domain.words import Refused
from projections.intake import Kind, Picture, ReadingState
from projections.matching.proposals import Proposal
from service.access.guard import Somewhere, TheAccess
from service.api import bodies
from service.api.command_bodies import request_body
from service.api.commands import Ask, IdempotencyKey, answered, bare, within_reach
from service.api.following import Following
from service.api.parts import ProgrammeQuery
from service.intake import looking
from service.intake.looking import Form
from service.intake.queue import of_programme
from service.intake.receiving import ref_of, within_a_day
from service.parts import TheParts
from service.people.looking import Looker
from service.report import chosen
from service.rows import Snapshot

router = APIRouter(prefix="/v1/vouchers", tags=["vouchers"])
Ref = Annotated[str, Path(max_length=64)]
NO_COPY = "There is no such copy: nothing could be made of the file."
NO_COPY_YET = "There is no such copy yet: the file waits to be read."
NO_SUCH_VOUCHER = "There is no such voucher."


class VoucherView(BaseModel):
    """A voucher, and what came of it so far. What was read is proposed, and nothing more."""

    ref: str
    programme: str | None
    case_no: str | None
    line_no: int | None
    sha256: str
    channel: Channel | None
    received_at: datetime | None
    state: ReadingState
    open: bool
    reason: str | None
    reading: Reading | None
    receipt: str | None
    aside: AsideFor | None

    @classmethod
    def of(cls, picture: Picture) -> "VoucherView":
        told = picture.model_dump(include=set(cls.model_fields))
        return cls(**told, received_at=picture.at)


class ShareView(BaseModel):
    """Another line that the receipt seems to stand for, too."""

    line: int
    amount: Money
    tranche: str | None


class ProposalView(BaseModel):
    """What a voucher may be a receipt of, and why. Nothing is filled in or booked by it."""

    case: str
    line: int
    tranche: str | None
    card_use: int | None  # The position of the card's purchase in the log.
    amount: Money | None  # What of it there is room for.
    also: list[ShareView]
    because_da: str
    because_en: str
    strength: int  # Of 100, for the order alone.

    @classmethod
    def of(cls, proposal: Proposal) -> "ProposalView":
        told = proposal.model_dump(exclude={"case_no", "line_no", "also"})
        shares = [
            ShareView(line=each.line_no, amount=each.amount, tranche=each.tranche)
            for each in proposal.also
        ]
        return cls(**told, case=proposal.case_no, line=proposal.line_no, also=shares)


class ProposedVoucherView(VoucherView):
    """One voucher, with what it may be a receipt of while nobody has said so, the best reasons first."""

    proposals: list[ProposalView]


@router.post(
    "",
    status_code=202,
    dependencies=[Depends(Somewhere("ReceiveVoucher"))],
    responses={status: {} for status in (409, 413, 415, 429)},
    openapi_extra={"requestBody": request_body("ReceiveVoucher", ReceiveVoucher)},
)
async def receive_voucher(
    request: Request, parts: TheParts, access: TheAccess, key: IdempotencyKey
) -> Response:
    """Hand over a file. It is kept as it came and read later: `Location` says where to look."""
    wish = await bodies.read(request, ReceiveVoucher, parts.teten.settings.upload_bytes)
    asked = Ask(name="ReceiveVoucher", key=bare(key), if_match=None)
    case_no = access.principal.case_no
    if case_no and not await run_in_threadpool(within_a_day, parts.teten, case_no):
        raise HTTPException(429, "Too many vouchers came for the case today. Send it tomorrow.")
    wish.fields.setdefault("ref", ref_of(f"{access.principal.person}/{asked.key}"))
    wish.fields.setdefault("channel", Channel.API.value)
    try:
        done = await run_in_threadpool(answered, parts.teten, access, asked, wish)
    except Refused as no:
        raise await run_in_threadpool(within_reach, no, access, "ReceiveVoucher") from None
    ref, programme = wish.fields["ref"], wish.fields.get("programme")
    where = f"/v1/vouchers/{ref}?programme={programme}"
    headers = {"Location": where, "Idempotency-Replayed": done.headers["Idempotency-Replayed"]}
    return JSONResponse({"ref": ref, "links": {"voucher": where}}, 202, headers)


@router.get("", dependencies=[Depends(Somewhere("read_case")), Following])
def list_vouchers(
    parts: TheParts,
    access: TheAccess,
    programme: ProgrammeQuery = None,
    state: Annotated[ReadingState | None, Query(description="Those in that state.")] = None,
) -> list[VoucherView]:
    """Vouchers that nobody has filed or set aside yet, the oldest first, as far as they are within reach."""
    with parts.teten.rows.snapshot() as snapshot:
        known = _programme(parts, access, snapshot, programme)
        waiting = of_programme(parts.teten, snapshot, known)
    return [
        VoucherView.of(each)
        for each in waiting
        if each.kind is Kind.VOUCHER
        and state in (None, each.state)
        and looking.within_reach(parts.teten, access, each)
    ]


@router.get(
    "/{ref}", dependencies=[Depends(Somewhere("read_case")), Following], responses={404: {}}
)
def one_voucher(
    parts: TheParts, access: TheAccess, ref: Ref, programme: ProgrammeQuery = None
) -> ProposedVoucherView:
    """One voucher, whatever came of it, and what it may belong to."""
    with parts.teten.rows.snapshot() as snapshot:
        found = _voucher(parts, access, snapshot, ref, programme)
        proposals = looking.proposed(access, snapshot, found, found.programme or "")
    told = VoucherView.of(found).model_dump()
    return ProposedVoucherView(**told, proposals=[ProposalView.of(each) for each in proposals])


@router.get(
    "/{ref}/{form}",
    dependencies=[Depends(Somewhere("read_person"))],
    responses={200: {"content": {"image/jpeg": {}, "application/octet-stream": {}}}, 404: {}},
    response_class=Response,
)
def picture(
    parts: TheParts, access: TheAccess, ref: Ref, form: Form, programme: ProgrammeQuery = None
) -> Response:
    """The file as it came, or a clean copy: upright, or small. The look is written down first."""
    with parts.teten.rows.snapshot() as snapshot:
        found = _voucher(parts, access, snapshot, ref, programme)
    return shown(parts, access, found, form, "GET /v1/vouchers/{ref}/{form}")


def shown(parts: TheParts, access: TheAccess, found: Picture, form: Form, why: str) -> Response:
    """Never opened in the browser's own window as what it says it is."""
    seen = looking.look(parts.teten, Looker.of(access.principal), found, form, why)
    if not seen:
        raise HTTPException(404, NO_COPY_YET if found.state is ReadingState.WAITING else NO_COPY)
    return Response(seen.content, headers=seen.headers | {"Cache-Control": "no-store"})


def _programme(
    parts: TheParts, access: TheAccess, snapshot: Snapshot, programme: str | None
) -> str:
    """That which is asked for, or the only one; a citizen's is that of their case. UnknownProgramme."""
    if access.principal.case_no:
        return parts.teten.log.state(cases, access.principal.case_no).programme
    return chosen(snapshot, programme).programme


def _voucher(
    parts: TheParts, access: TheAccess, snapshot: Snapshot, ref: str, programme: str | None
) -> Picture:
    known = _programme(parts, access, snapshot, programme)
    found = looking.found(parts.teten, access, snapshot, Kind.VOUCHER, known, ref)
    if not found:
        raise HTTPException(404, NO_SUCH_VOUCHER)
    return found
