"""Flags over HTTP, to be read: what was raised, with what people answered, and the rules that raise them.
They are answered by commands, as everything else is done."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from domain.flags import FlagStage
from domain.permissions import Reach
from service.access.guard import Access, Allowed, TheAccess
from service.api.following import Following
from service.api.parts import AsOf, ProgrammeQuery, TheKnown
from service.flags.rules import RuleView, rule_views
from service.flags.views import FlagView, flag_view, flag_views, raised_flag
from service.parts import TheParts
from service.report import chosen

router = APIRouter(prefix="/v1", tags=["flags"])
FlagName = Annotated[str, Path(max_length=64)]
CaseQuery = Annotated[str | None, Query(description="Of this case alone.", max_length=64)]
StatusQuery = Annotated[FlagStage | None, Query(description="In this state alone.")]


def seen_by(access: Access, programme: str) -> Callable[[str | None], bool]:
    """Whether somebody sees the flags of a case. Those of no single case are for whom all cases are."""
    of_all = access.reach("read_flags", programme) is Reach.ALL
    return lambda case_no: of_all if case_no is None else access.sees_case("read_flags", case_no)


@router.get("/flags", dependencies=[Depends(Allowed("read_flags")), Following])
def list_flags(
    parts: TheParts,
    access: TheAccess,
    known: TheKnown,
    programme: ProgrammeQuery = None,
    case: CaseQuery = None,
    status: StatusQuery = None,
    as_of: AsOf = None,
) -> list[FlagView]:
    """Every flag within reach, by the day on which its facts were complete."""
    day = parts.teten.day(as_of, known)
    with parts.teten.view(known) as view:
        named = chosen(view, programme).programme
        return [
            flag
            for flag in flag_views(view, named, day, seen_by(access, named))
            if case in (None, flag.case) and status in (None, flag.status)
        ]


@router.get(
    "/flags/{flag}",
    dependencies=[Depends(Allowed("read_flags")), Following],
    responses={404: {}},
)
def flag_by_name(
    flag: FlagName,
    parts: TheParts,
    access: TheAccess,
    known: TheKnown,
    programme: ProgrammeQuery = None,
    as_of: AsOf = None,
) -> FlagView:
    """A flag: what was found, by which rule as it was then, what that rests on, and every answer."""
    with parts.teten.view(known) as view:
        named = chosen(view, programme).programme
        found = raised_flag(view, named, flag)
        if not found or not seen_by(access, named)(found.raised.case_no):
            raise HTTPException(404, "There is no such flag.")
        return flag_view(found, parts.teten.day(as_of, known))


@router.get("/flag-rules", dependencies=[Depends(Allowed("read_flag_rules")), Following])
def list_rules(
    parts: TheParts, known: TheKnown, programme: ProgrammeQuery = None, as_of: AsOf = None
) -> list[RuleView]:
    """Every rule as the programme has it: what it looks at, and how often it was right."""
    with parts.teten.view(known) as view:
        named = chosen(view, programme).programme
        return rule_views(view, named, parts.teten.day(as_of, known))
