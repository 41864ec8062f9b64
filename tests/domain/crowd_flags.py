"""What a crowd wishes of flags: raised, looked at, answered, and claimed on where claims are heard."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from domain.flag_rules import RuleStage
from domain.flags import flag_id
from domain.money import kr
from domain.words import Command
from tests import examples_flags as ask
from tests.domain.crowd import ANYBODY, CASES, CASEWORKER, CONTROLLER, FEW, Crowd, Wish
from tests.domain.crowd_claims import HEARING_DAYS
from tests.examples_claims import answer_hearing, decide_claim, open_hearing

RULE = "round-sums"


def a_flag(c: Crowd) -> Sequence[Command]:
    """One of a few findings, about a line, a case or neither, and somebody's answer to it."""
    case_no = c.choose([*CASES, None])
    version, key = c.choose([1, 1, 1, 2]), c.choose(["a", "b", "c"])
    line_no = c.choose([1, 1, 2, None]) if case_no else None
    where: dict[str, Any] = {"case_no": case_no, "flag": flag_id(RULE, version, key)}
    by = c.choose([*CASEWORKER, *CONTROLLER])
    raised = ask.raise_flag(
        key=key, version=version, case_no=case_no, line_no=line_no, about=c.choose(["fin-1", None])
    )
    answers: list[Command] = [
        ask.mute_flag(**where, by=by, until=c.today + timedelta(days=c.choose([0, 5]))),
        ask.dismiss_flag(**where, by=by),
        ask.uphold_flag(**where, by=by, amount=c.choose(FEW)),
        ask.reopen_flag(**where, by=by),
    ]
    assigned = ask.assign_flag(**where, to=c.choose(ANYBODY))
    return [raised, assigned, c.choose(answers), c.choose(answers)]


def a_claim_on_a_flag(c: Crowd) -> Sequence[Command]:
    """Where every claim is heard, so that what is reckoned of the others goes on to hold."""
    if not c.told.rules or c.told.rules[0][1].hearing_days is None:
        return a_flag(c)
    key, ref = f"p{len(c.told.claims.raised)}", f"R-{len(c.told.claims.raised) + 1}"
    line = c.one_of(c.paid()) | {"case_no": c.choose(["A-1", "B-1"])}
    flag = flag_id(RULE, 2, key)
    where = {"case_no": line["case_no"], "flag": flag}
    on = {"case_no": line["case_no"], "line_no": line["line_no"], "ref": ref, "by": "fin-1"}
    reviewer = c.choose(["kons-1", "kons-2", "both-1"])
    return [
        ask.raise_flag(key=key, version=2, case_no=line["case_no"], line_no=None, amount=kr(1)),
        ask.uphold_flag(**where, by=reviewer, amount=c.choose([kr(1), kr(2)])),
        ask.claim_on_flag(**on, flag=flag, amount=c.choose([kr(1), kr(2), kr(3)])),
        open_hearing(**on, deadline=c.today + timedelta(days=HEARING_DAYS)),
        answer_hearing(**on | {"by": "kons-1"}),
        decide_claim(**on | {"by": "both-1"}, amount=kr(1)),
    ]


def another_rule(c: Crowd) -> Sequence[Command]:
    """Live again, most of the time, so that more is raised."""
    parameters = {"whole_kroner": c.choose([1, 2]), "where": "account"}
    changed = [
        ask.change_flag_rule(version=version, stage=stage, parameters=parameters)
        for version in (1, 2, 3)
        for stage in (c.choose(list(RuleStage)), RuleStage.LIVE)
    ]
    return [*changed, ask.change_flag_rule(shipped=None)]


FLAG_WISHES: list[Wish] = [*[a_flag] * 3, *[a_claim_on_a_flag] * 3, another_rule]
