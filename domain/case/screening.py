"""Screening: does the programme suit the citizen, and do the means of each line serve its goal?"""

from dataclasses import replace

from domain.case.line import Line
from domain.case.state import Case, CaseCommand, LineCommand, cases, open_case_of, programme_of
from domain.identity import Key, WordsRef
from domain.programme import Rules
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class CaseScreened(Event):
    """A caseworker judged whether the programme suits the citizen. The latest screening counts."""

    case_no: Key
    screener: Key
    suited: bool
    words: WordsRef | None


class LineScreened(Event):
    """A caseworker held the line's means against its goal. The latest screening of the line counts."""

    case_no: Key
    line_no: int
    screener: Key
    goal: WordsRef
    means: WordsRef
    fits: bool


# Commands ----------------------------------------------------------------------------------------


class ScreenCase(CaseCommand):
    suited: bool
    words: WordsRef | None = None


class ScreenLine(LineCommand):
    goal: WordsRef
    means: WordsRef
    fits: bool


# Evolve ------------------------------------------------------------------------------------------


@cases.on(CaseScreened)
def _case_screened(case: Case, event: CaseScreened) -> Case:
    return replace(case, suited=event.suited)


@cases.on(LineScreened)
def _line_screened(case: Case, event: LineScreened) -> Case:
    return case.with_line(replace(case.lines[event.line_no], fits=event.fits))


# Decide ------------------------------------------------------------------------------------------


@decides(ScreenCase)
def screen(ask: ScreenCase, past: Past) -> list[News]:
    programme_of(ask, past)
    case = open_case_of(ask, past)
    if case.lines and not any(line.awaits_approval for line in case.lines.values()):
        raise Refused("wrong_state", what="budget", is_already="approved")
    event = CaseScreened(case_no=ask.case_no, screener=ask.by, suited=ask.suited, words=ask.words)
    return [cases.news(event, ask.case_no)]


@decides(ScreenLine)
def screen_line(ask: ScreenLine, past: Past) -> list[News]:
    programme_of(ask, past)
    if not open_case_of(ask, past).line(ask.line_no).awaits_approval:
        raise Refused("wrong_state", what="line", line_no=ask.line_no)
    event = LineScreened(
        case_no=ask.case_no,
        line_no=ask.line_no,
        screener=ask.by,
        goal=ask.goal,
        means=ask.means,
        fits=ask.fits,
    )
    return [cases.news(event, ask.case_no)]


def screened(case: Case, line: Line, rules: Rules) -> None:
    """Guard: where the rules ask for it, the citizen is suited, and the line's means serve its goal."""
    if rules.screening and not (case.suited and line.fits):
        raise Refused("not_screened", suited=case.suited, fits=line.fits)
