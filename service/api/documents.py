"""Reports that are filed, over HTTP."""

import re
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response

from projections.completeness import Completeness
from service.access.guard import Allowed
from service.api.following import Following
from service.api.parts import AsOf, ProgrammeQuery, TheKnown
from service.documents.audit import Audit
from service.documents.completing import completeness_of
from service.documents.filing import MEDIA_TYPES, Filed, Kind, filed
from service.documents.funder import NoPeriod, Statement, UnknownFund
from service.parts import TheParts
from service.report import chosen

router = APIRouter(prefix="/v1", tags=["documents"])
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}
}


@router.get(
    "/report.{kind}",
    dependencies=[Depends(Allowed("read_report")), Following],
    responses=FILES,
    response_class=Response,
)
def audit_report(
    parts: TheParts,
    kind: Kind,
    known: TheKnown,
    programme: ProgrammeQuery = None,
    as_of: AsOf = None,
) -> Response:
    """A programme's audit report, to be filed. Without a day: of today or, with `known`, of that moment."""
    found = Audit(parts.teten, programme, parts.teten.day(as_of, known), known)
    return _file(found, kind, f"revisionsrapport-{found.programme}-{found.as_of}")


@router.get(
    "/funds/{fund}/statement.{kind}",
    dependencies=[Depends(Allowed("read_report")), Following],
    responses={**FILES, 404: {}},
    response_class=Response,
)
def funder_statement(
    parts: TheParts,
    kind: Kind,
    fund: Annotated[str, Path(max_length=64)],
    first: Annotated[date, Query(alias="from", description="The period's first day.")],
    last: Annotated[date, Query(alias="to", description="The period's last day.")],
    known: TheKnown,
    programme: ProgrammeQuery = None,
) -> Response:
    """What a funding source paid for in a period, and what stands for it."""
    try:
        found = Statement(parts.teten, programme, fund, first, last, known)
    except UnknownFund as error:
        raise HTTPException(404, str(error)) from error
    except NoPeriod as error:
        raise HTTPException(422, str(error)) from error
    return _file(found, kind, f"regnskab-{found.programme}-{fund}-{first}-{last}")


@router.get("/completeness", dependencies=[Depends(Allowed("read_report")), Following])
def completeness(
    parts: TheParts, known: TheKnown, programme: ProgrammeQuery = None, as_of: AsOf = None
) -> Completeness:
    """Each posting held to its voucher, and each voucher to its posting or the reason why it has none."""
    with parts.teten.view(known) as view:
        name = chosen(view, programme).programme
        return completeness_of(parts.teten, view, name, parts.teten.day(as_of, known))


def _file(what: Filed, kind: Kind, name: str) -> Response:
    """Under a name that also those find who know ASCII alone (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    told = f"attachment; filename=\"{plain}.{kind}\"; filename*=UTF-8''{quote(name)}.{kind}"
    headers = {"Content-Disposition": told}
    return Response(filed(what, kind), media_type=MEDIA_TYPES[kind], headers=headers)
