"""The pages of flags: what waits for somebody to look at, and one flag with its facts and its answers."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.responses import Response

from domain.flags import FlagStage
from domain.money import Money
from domain.words import Refused
from service.access.guard import Access, Allowed, TheAccess
from service.api.bodies import Wish
from service.api.commands import Ask, answered, within_reach
from service.api.flags import seen_by
from service.clerk import Malformed
from service.flags.rules import rule_views
from service.flags.views import flag_view, flag_views, raised_flag
from service.parts import Parts, TheParts
from service.refusals import TEXTS
from service.report import chosen
from service.web import rule_words, words
from service.web.forms import Typed, told_at_fields
from service.web.showing import Moment, ProgrammeAsked, TheMoment, show

router = APIRouter(include_in_schema=False)
NO_SUCH_FLAG = "Der er intet spørgsmål af det navn."
INCOMPLETE = "Udfyld felterne: en begrundelse, og beløb eller dato, hvor der spørges om det."
ACTS = {
    "assign": "AssignFlag",
    "mute": "MuteFlag",
    "dismiss": "DismissFlag",
    "uphold": "UpholdFlag",
    "reopen": "ReopenFlag",
}
FlagName = Annotated[str, Path(max_length=64)]
StatusAsked = Annotated[str, Query(max_length=20)]
RuleAsked = Annotated[str, Query(max_length=64)]
Text = Annotated[str, Form(max_length=10_000)]
Short = Annotated[str, Form(max_length=64)]


@router.get("/flags", dependencies=[Depends(Allowed("read_flags"))], response_class=HTMLResponse)
def list_of_flags(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    at: TheMoment,
    programme: ProgrammeAsked = None,
    status: StatusAsked = "",
    rule: RuleAsked = "",
) -> HTMLResponse:
    day = parts.teten.day(at.as_of, at.known)
    with parts.teten.view(at.known) as view:
        named = chosen(view, programme).programme
        every = flag_views(view, named, day, seen_by(access, named))
    found = [
        each
        for each in every
        if (each.status == status or (not status and each.status.waits) or status == "all")
        and rule in ("", each.rule)
    ]
    return show(
        request,
        "flags.html",
        programme=named,
        at=at,
        position=view.position,
        day=day,
        flags=found,
        wanted=status,
        statuses={"": "Venter på nogen", **words.FLAGS, "all": "Alle"},
        rules=sorted({each.rule for each in every}),
        rule=rule,
        words=words,
        rule_words=rule_words,
    )


@router.get(
    "/flag-rules", dependencies=[Depends(Allowed("read_flag_rules"))], response_class=HTMLResponse
)
def list_of_rules(
    request: Request, parts: TheParts, at: TheMoment, programme: ProgrammeAsked = None
) -> HTMLResponse:
    with parts.teten.view(at.known) as view:
        named = chosen(view, programme).programme
        rules = rule_views(view, named, parts.teten.day(at.as_of, at.known))
    return show(
        request,
        "flag_rules.html",
        programme=named,
        at=at,
        position=view.position,
        rules=rules,
        words=words,
        rule_words=rule_words,
    )


@router.get(
    "/flags/{flag}", dependencies=[Depends(Allowed("read_flags"))], response_class=HTMLResponse
)
def one_flag(
    request: Request,
    parts: TheParts,
    access: TheAccess,
    at: TheMoment,
    flag: FlagName,
    programme: ProgrammeAsked = None,
) -> HTMLResponse:
    return _shown(request, parts, access, flag, programme, at)


def _shown(
    request: Request,
    parts: Parts,
    access: Access,
    flag: str,
    programme: str | None,
    at: Moment,
    status: int = 200,
    message: str | None = None,
    typed: dict[str, Typed] | None = None,
) -> HTMLResponse:
    """The page of one flag, with what is said of what was just asked, where that came to nothing."""
    day = parts.teten.day(at.as_of, at.known)
    with parts.teten.view(at.known) as view:
        named = chosen(view, programme).programme
        found = raised_flag(view, named, flag)
        rules = {each.rule: each for each in rule_views(view, named, day)}
    if not found or not seen_by(access, named)(found.raised.case_no):
        return show(request, "flag.html", 404, message=NO_SUCH_FLAG, programme=named)
    told = flag_view(found, day)
    rule = rules.get(told.rule)
    versions = rule.precision if rule else []
    return show(
        request,
        "flag.html",
        status,
        refused=message,
        typed=typed or {},
        untouched=Typed({}),
        programme=named,
        at=at,
        position=view.position,
        flag=told,
        rule=rule,
        precision=next((each for each in versions if each.version == told.version), None),
        acts=_acts(access, named, told.status) if at == Moment() else [],
        key=uuid4().hex,
        words=words,
        rule_words=rule_words,
    )


def _acts(access: Access, programme: str, stage: FlagStage) -> list[str]:
    """What the one who looks may ask for, as the flag stands. Whether they took part is found out then."""
    open_to = ["assign", "mute", "dismiss", "uphold"] if not stage.answered else []
    if not stage.waits:
        open_to.append("reopen")
    return [each for each in open_to if access.reach(ACTS[each], programme)]


def _endpoint(act: str, name: str) -> Any:
    def ask(
        request: Request,
        parts: TheParts,
        access: TheAccess,
        flag: FlagName,
        programme: ProgrammeAsked = None,
        key: Short = "",
        case_no: Short = "",
        to: Short = "",
        until: Short = "",
        amount: Short = "",
        reason: Text = "",
    ) -> Response:
        typed = {"to": to, "until": until, "amount": amount, "reason": reason}
        told = {"to": to, "until": until, "amount": _plain(amount), "reason": reason.strip()}
        fields: dict[str, Any] = {each: said for each, said in told.items() if said}
        fields |= {"programme": programme, "flag": flag, "case_no": case_no or None}
        try:
            asked = Ask(name=name, key=key or uuid4().hex, if_match=None)
            answered(parts.teten, access, asked, Wish(fields, None))
        except Refused as no:
            danish = TEXTS[within_reach(no, access, name).code].danish
            form = {act: Typed(typed)}
            return _shown(request, parts, access, flag, programme, Moment(), 409, danish, form)
        except (Malformed, ValidationError) as error:
            bad = told_at_fields(error) if isinstance(error, ValidationError) else {}
            form = {act: Typed(typed, wrong=bad)}
            return _shown(request, parts, access, flag, programme, Moment(), 422, INCOMPLETE, form)
        query = Moment().query(programme=programme)
        return RedirectResponse(f"/flags/{flag}{query}", 303)

    ask.__name__ = f"{act}_flag"
    return ask


for _act, _name in ACTS.items():
    router.add_api_route(
        f"/flags/{{flag}}/{_act}",
        _endpoint(_act, _name),
        methods=["POST"],
        dependencies=[Depends(Allowed(_name))],
    )


def _plain(amount: str) -> str:
    """As data has it; what can't be read is left to be refused."""
    try:
        return str(Money.parse_danish(amount.strip()))
    except ValueError:
        return amount.strip()
