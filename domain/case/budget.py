"""The personal budget (personligt budget): submitted, sent back, approved line by line, amended."""

from dataclasses import replace

from pydantic import model_validator

from domain.case.assessment import Colour
from domain.case.line import Line
from domain.case.screening import screened
from domain.case.sources import AccountString, Parts, Source, SourceWanted, well_formed
from domain.case.state import (
    Case,
    CaseCommand,
    LineCommand,
    Stage,
    cases,
    months_later,
    open_case_of,
    programme_of,
)
from domain.case.time_frame import TimeFrameSet
from domain.fund import commit, funds
from domain.identity import Cvr, Key, LineNo, WordsRef
from domain.money import ZERO, Money, PositiveMoney
from domain.programme import Data, Route, Rules, Terms
from domain.words import Event, News, Past, Refused, decides, later


class BudgetLine(Data):
    """What the citizen asks for. The description and the rationale are in the vault, under `words`."""

    line_no: int
    amount: PositiveMoney
    includes_vat: bool  # Only said, never reckoned with: the grant is the amount as written.
    route: Route
    account_string: AccountString
    supplier_cvr: Cvr | None
    supplier_name: str | None
    words: WordsRef | None
    sources: tuple[Source, ...] = later(())  # In their order, where there are several.


class BudgetSeen(Data):
    """What the approver had in view: kept so that the decision can be replayed."""

    rules: int
    assessments: dict[str, Colour]
    cap_left: Money
    fund_left: Money
    other_funds_left: dict[Key, Money] = later({})  # Where the line has several sources.


# Events ------------------------------------------------------------------------------------------


class BudgetSubmitted(Event):
    """The citizen's budget was handed in for assessment, whole."""

    case_no: Key
    lines: tuple[BudgetLine, ...]
    rules: int = 1  # The version that it was judged by.
    submitted_by: Key | None = later(None)


class ChangesRequested(Event):
    """The budget went back to the citizen. No line is approved until it is submitted again."""

    case_no: Key
    wanted: WordsRef | None


class LineGranted(Event):
    """The line was approved: `amount` is its grant from now on, `change` what that adds to the one before."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    change: Money
    account_string: AccountString
    parts: Parts = later(())
    seen: BudgetSeen
    granted_by: Key | None = later(None)


class LineRejected(Event):
    """The line got no grant."""

    case_no: Key
    line_no: int
    reason: WordsRef | None


class LineAmended(Event):
    """Another amount was asked for. The grant stays as it was until the line is approved again."""

    case_no: Key
    line_no: int
    amount: PositiveMoney
    reason: WordsRef | None
    rules: int = 1  # The version that it was judged by.


# Commands ----------------------------------------------------------------------------------------


class LineWanted(Data):
    line_no: LineNo
    category: Key
    amount: PositiveMoney
    includes_vat: bool
    route: Route
    legal_basis: Key
    funding: Key
    supplier_cvr: Cvr | None = None
    supplier_name: str | None = None
    words: WordsRef | None = None
    # Several: all of them, the line's own the first. By share, or in turn.
    sources: tuple[SourceWanted, ...] = later(())

    @property
    def all_sources(self) -> tuple[SourceWanted, ...]:
        own = SourceWanted(legal_basis=self.legal_basis, funding=self.funding)
        return self.sources or (own,)

    @model_validator(mode="after")
    def _several_sources_or_one(self) -> "LineWanted":
        if self.sources and not well_formed(self.sources):
            raise ValueError("sources are two or more, each once: all by share, or all in turn")
        first = self.all_sources[0]
        if (first.legal_basis, first.funding) != (self.legal_basis, self.funding):
            raise ValueError("the first of several sources is the line's own")
        return self


class SubmitBudget(CaseCommand):
    lines: tuple[LineWanted, ...]

    @model_validator(mode="after")
    def _every_line_once(self) -> "SubmitBudget":
        if not self.lines or len({line.line_no for line in self.lines}) < len(self.lines):
            raise ValueError("a budget needs lines, each with a number of its own")
        return self


class RequestChanges(CaseCommand):
    wanted: WordsRef | None = None


class ApproveLine(LineCommand):
    pass


class RejectLine(LineCommand):
    reason: WordsRef | None = None


class AmendLine(LineCommand):
    amount: PositiveMoney
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@cases.on(BudgetSubmitted)
def _submitted(case: Case, event: BudgetSubmitted) -> Case:
    lines = dict(case.lines)
    for wanted in event.lines:
        new = Line(
            wanted.line_no,
            wanted.route,
            wanted.account_string,
            wanted.amount,
            sources=wanted.sources,
        )
        known = lines.get(wanted.line_no, new)
        if known.granted is None:  # Nothing is booked on its account string yet.
            known = replace(
                known,
                route=new.route,
                account_string=new.account_string,
                sources=new.sources,
            )
        awaiting = known.awaiting or wanted.amount != known.amount
        lines[wanted.line_no] = replace(known, amount=wanted.amount, awaiting=awaiting, fits=None)
    submitted = replace(case, lines=lines, changes_requested=False)
    return submitted.touched_by(event.submitted_by)


@cases.on(ChangesRequested)
def _changes_requested(case: Case, _: ChangesRequested) -> Case:
    return replace(case, changes_requested=True)


@cases.on(LineGranted)
def _granted(case: Case, event: LineGranted) -> Case:
    line = replace(case.lines[event.line_no], granted=event.amount, awaiting=False)
    return case.with_line(line.granted_of(event.granted_by)).touched_by(event.granted_by)


@cases.on(LineRejected)
def _rejected(case: Case, event: LineRejected) -> Case:
    return case.with_line(replace(case.lines[event.line_no], rejected=True))


@cases.on(LineAmended)
def _amended(case: Case, event: LineAmended) -> Case:
    return case.with_line(replace(case.lines[event.line_no], amount=event.amount, awaiting=True))


# Decide ------------------------------------------------------------------------------------------


@decides(SubmitBudget)
def submit(ask: SubmitBudget, past: Past) -> list[News]:
    programme = programme_of(ask, past)
    rules = programme.rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    if case.stage is Stage.REGISTERED:
        raise Refused("wrong_state", stage=case.stage.value)
    if case.stage is Stage.OFFERED:
        raise Refused("no_declaration")
    if case.lines and not case.changes_requested:
        raise Refused("wrong_state", what="budget", is_already="submitted")
    if ask.by in case.assessments:
        raise Refused("own_assessment", assessed_by=ask.by)
    event = BudgetSubmitted(
        case_no=ask.case_no,
        lines=tuple(_coded(wanted, programme.terms, rules, case) for wanted in ask.lines),
        rules=rules.version,
        submitted_by=ask.by,
    )
    if moved := [line.line_no for line in event.lines if _moves(line, case)]:
        raise Refused("wrong_state", what="line", line_no=moved, is_already="granted")
    _within_the_cap(_submitted(case, event), rules)
    return [cases.news(event, ask.case_no)]


def _within_the_cap(case: Case, rules: Rules) -> None:
    """Guard: the lines' latest amounts, with what is asked for, are within the cap."""
    if case.asked > rules.cap:
        raise Refused(
            "cap_exceeded", cap=str(rules.cap), asked=str(case.asked), rules=rules.version
        )


def _coded(wanted: LineWanted, terms: Terms, rules: Rules, case: Case) -> BudgetLine:
    """Guard: the programme knows the line's category, legal bases, funding sources and route."""
    bases = {(basis.id, basis.funding) for basis in terms.legal_bases}
    known = {
        "category": wanted.category in {category.id for category in terms.categories},
        "legal_basis": {(each.legal_basis, each.funding) for each in wanted.all_sources} <= bases,
        "route": wanted.route in rules.routes,
    }
    if not all(known.values()):
        missing = [what for what, ok in known.items() if not ok]
        raise Refused("not_found", what=missing, line_no=wanted.line_no)
    sources = tuple(
        Source(
            account_string=AccountString(
                programme=case.programme,
                funding=each.funding,
                legal_basis=each.legal_basis,
                category=wanted.category,
                phase=case.phase,
            ),
            share=each.share,
            up_to=each.up_to,
        )
        for each in wanted.all_sources
    )
    return BudgetLine(
        **wanted.model_dump(exclude={"category", "legal_basis", "funding", "sources"}),
        account_string=sources[0].account_string,
        sources=sources if wanted.sources else (),
    )


def _moves(line: BudgetLine, case: Case) -> bool:
    """What is booked on one account string, and paid one way, can't move to another."""
    known = case.lines.get(line.line_no)
    if not known or known.granted is None:
        return False
    return (known.account_string, known.sources, known.route) != (
        line.account_string,
        line.sources,
        line.route,
    )


@decides(RequestChanges)
def request_changes(ask: RequestChanges, past: Past) -> list[News]:
    programme_of(ask, past)
    case = open_case_of(ask, past)
    if not case.lines or case.changes_requested:
        raise Refused("wrong_state", what="budget", missing="submitted")
    return [cases.news(ChangesRequested(case_no=ask.case_no, wanted=ask.wanted), ask.case_no)]


@decides(ApproveLine)
def approve(ask: ApproveLine, past: Past) -> list[News]:
    """The first guard that fails names the refusal. Past the last one, the grant must succeed."""
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    if case.changes_requested or not line.awaits_approval:
        raise Refused("wrong_state", what="line", line_no=ask.line_no)
    screened(case, line, rules)
    if not case.assessments:
        raise Refused("not_assessed")
    if red := [person for person, colour in case.assessments.items() if colour == "red"]:
        raise Refused("assessed_red", by=red)
    if ask.by in case.assessments:
        raise Refused("own_assessment", assessed_by=ask.by)
    if ask.by in line.orderers:
        raise Refused("same_person", ordered_by=ask.by)
    if line.amount < line.used:
        raise Refused("above_grant", used=str(line.used))
    change = line.amount - (line.granted or ZERO)
    cap_left = rules.cap - case.granted
    if change > cap_left:
        raise Refused("cap_exceeded", cap=str(rules.cap), left=str(cap_left), rules=rules.version)
    commitments = [
        new
        for fund, part in line.by_fund(change).items()
        for new in commit(
            past(funds, ask.programme, fund), ask.programme, fund, ask.case_no, ask.line_no, part
        )
    ]
    of_funds = {
        codes.funding: past(funds, ask.programme, codes.funding).available
        for codes in line.account_strings
    }

    granted = LineGranted(
        case_no=ask.case_no,
        line_no=ask.line_no,
        amount=line.amount,
        change=change,
        account_string=line.account_string,
        parts=line.granting(change),
        seen=BudgetSeen(
            rules=rules.version,
            assessments=dict(case.assessments),
            cap_left=cap_left,
            fund_left=of_funds.pop(line.account_string.funding),
            other_funds_left=of_funds,
        ),
        granted_by=ask.by,
    )
    time_frame = []
    if not case.end_date:
        end_date = months_later(ask.effective_on, rules.months)
        set_ = TimeFrameSet(case_no=ask.case_no, end_date=end_date, rules=rules.version)
        time_frame = [cases.news(set_, ask.case_no)]
    return [cases.news(granted, ask.case_no), *time_frame, *commitments]


@decides(RejectLine)
def reject(ask: RejectLine, past: Past) -> list[News]:
    programme_of(ask, past)
    line = open_case_of(ask, past).line(ask.line_no)
    if line.rejected or line.granted is not None:
        raise Refused("wrong_state", what="line", line_no=ask.line_no)
    rejected = LineRejected(case_no=ask.case_no, line_no=ask.line_no, reason=ask.reason)
    return [cases.news(rejected, ask.case_no)]


@decides(AmendLine)
def amend(ask: AmendLine, past: Past) -> list[News]:
    rules = programme_of(ask, past).rules_on(ask.effective_on)
    case = open_case_of(ask, past)
    line = case.line(ask.line_no)
    return [cases.news(amended(case, line, ask.amount, ask.reason, rules), ask.case_no)]


def amended(
    case: Case, line: Line, amount: Money, reason: WordsRef | None, rules: Rules
) -> LineAmended:
    """Guard: the line is not rejected, and with that amount the budget keeps within the cap."""
    if line.rejected:
        raise Refused("wrong_state", what="line", line_no=line.line_no)
    amended = LineAmended(
        case_no=case.case_no,
        line_no=line.line_no,
        amount=amount,
        reason=reason,
        rules=rules.version,
    )
    _within_the_cap(_amended(case, amended), rules)
    return amended
