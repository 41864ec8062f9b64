"""Flag rules: which of them raise flags in a programme, with which parameters, and what they raised.

A rule is code, with parameters of its own (projections/flags). A programme's administrator may change those,
have a rule run beside the others as a draft, which raises nothing, or turn it off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

from domain.case.state import case_named, programme_of
from domain.flags import (
    NO_CASE,
    Evidence,
    FindingKey,
    FlagRaised,
    Parameters,
    Sentence,
    flag_id,
    flags,
)
from domain.identity import Key, LineNo, WordsRef
from domain.money import Money
from domain.programme import Data
from domain.words import Command, Day, Decider, Event, News, Past, Refused, decides


class RuleStage(StrEnum):
    LIVE = "live"
    DRAFT = "draft"  # Runs beside the others, and raises nothing.
    OFF = "off"


class ShippedRule(Data):
    """A rule as the code has it, before any programme changed it."""

    version: int
    stage: RuleStage
    parameters: Parameters


# Events ------------------------------------------------------------------------------------------


class FlagRuleChanged(Event):
    """From now on the rule runs like this. What it flagged before stands as it was flagged. `shipped`: the
    version of the code that was changed; before that was told, every rule was the code's first."""

    programme: Key
    rule: Key
    stage: RuleStage
    version: int
    parameters: Parameters
    reason: WordsRef | None
    shipped: int = 1


# Commands ----------------------------------------------------------------------------------------


class ChangeFlagRule(Command):
    """`shipped`: the rule as the code has it, looked up; none: there is no such rule. `version`: the next,
    where the parameters change, so that nobody overwrites what they haven't seen; else as it is."""

    may_hold_earlier: ClassVar[bool] = False
    rule: Key
    stage: RuleStage
    version: int
    parameters: Parameters
    reason: WordsRef | None = None
    shipped: ShippedRule | None

    def digest(self) -> str:
        """Of what was asked for, without what was looked up for it: a retry is the same wish."""
        return Command.digest(self.model_copy(update={"shipped": None}))


class RaiseFlag(Command):
    may_hold_earlier: ClassVar[bool] = False
    rule: Key
    version: int
    parameters: Parameters
    key: FindingKey
    case_no: Key | None
    line_no: LineNo | None
    about: Key | None = None
    amount: Money
    sentence_da: Sentence
    sentence_en: Sentence
    evidence: tuple[Evidence, ...]
    found_on: Day


# State -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FlagRules:
    """Of a programme, those that it changed."""

    changed: dict[str, FlagRuleChanged] = field(default_factory=dict)


flag_rules: Decider[FlagRules] = Decider("flagrules", FlagRules())


@flag_rules.on(FlagRuleChanged)
def _rule_changed(of: FlagRules, event: FlagRuleChanged) -> FlagRules:
    return replace(of, changed=of.changed | {event.rule: event})


def rule_in_force(shipped: ShippedRule, changed: FlagRuleChanged | None) -> ShippedRule:
    """The rule as a programme has it. What the programme set holds for a later release of the code, too,
    as far as that still knows it: under a version of its own, since what the code then finds is told
    apart from what it found before."""
    if not changed:
        return shipped
    own = {name: changed.parameters.get(name, told) for name, told in shipped.parameters.items()}
    version = changed.version + max(0, shipped.version - changed.shipped)
    return ShippedRule(version=version, stage=changed.stage, parameters=own)


# Decide ------------------------------------------------------------------------------------------


MOST = 1_000_000  # Days of which no calendar has as many, and kroner past any grant, would stop a rule.


def _can_be_run(ask: ChangeFlagRule, shipped: ShippedRule) -> None:
    """Guard: the rule has these parameters, and none is a number that it can't be run with."""
    if _kinds(ask.parameters) != _kinds(shipped.parameters):
        raise Refused("not_found", what="parameters", known=sorted(shipped.parameters))
    for name, told in shipped.parameters.items():
        number = ask.parameters[name]
        if isinstance(told, int) and isinstance(number, int):
            least = min(told, 1)
            if not least <= number <= MOST:
                raise Refused(
                    "wrong_state", what="parameters", parameter=name, least=least, most=MOST
                )


def _kinds(parameters: Mapping[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in parameters.items()}


@decides(ChangeFlagRule)
def change_flag_rule(ask: ChangeFlagRule, past: Past) -> list[News]:
    programme_of(ask, past)
    if not ask.shipped:
        raise Refused("not_found", what="rule", key=ask.rule)
    _can_be_run(ask, ask.shipped)
    now = rule_in_force(ask.shipped, past(flag_rules, ask.programme).changed.get(ask.rule))
    same = ask.parameters == now.parameters
    if ask.version != now.version + (not same):
        raise Refused("wrong_state", what="rule", version=now.version)
    if same and ask.stage is now.stage:
        raise Refused("wrong_state", what="rule", is_already=now.stage.value)
    changed = FlagRuleChanged(
        programme=ask.programme,
        rule=ask.rule,
        stage=ask.stage,
        version=ask.version,
        parameters=ask.parameters,
        reason=ask.reason,
        shipped=ask.shipped.version,
    )
    return [flag_rules.news(changed, ask.programme)]


@decides(RaiseFlag)
def raise_flag(ask: RaiseFlag, past: Past) -> list[News]:
    """Once for a finding, whichever version of the rule finds it, and as the rule stands now."""
    programme_of(ask, past)
    if ask.case_no:
        case_named(ask.programme, ask.case_no, past)
    changed = past(flag_rules, ask.programme).changed.get(ask.rule)
    if changed and (changed.stage is not RuleStage.LIVE or ask.version < changed.version):
        raise Refused(
            "wrong_state", what="rule", is_already=changed.stage.value, version=changed.version
        )
    of_case = ask.case_no or NO_CASE
    if (ask.rule, ask.key) in past(flags, ask.programme, of_case).found:
        raise Refused("wrong_state", what="flag", is_already="raised")
    told = ask.model_dump(include=set(FlagRaised.model_fields))
    flag = FlagRaised(**told, flag=flag_id(ask.rule, ask.version, ask.key))
    return [flags.news(flag, ask.programme, of_case)]
