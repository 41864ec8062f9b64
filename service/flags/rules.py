"""Flag rules as a programme has them: what the code brings, with what its administrator changed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from domain.flag_rules import FlagRules, RuleStage, ShippedRule, flag_rules, rule_in_force
from domain.flags import flags
from projections.flags.catalogue import RULES
from projections.flags.rule import InForce, Rule
from projections.review import ENOUGH, Precision, precisions, review
from service.replay import View

LOOKED_UP = {"ChangeFlagRule": ("shipped",)}


class PrecisionView(BaseModel):
    """How often a version was right, in per mille; null where five answers aren't there yet."""

    version: int
    raised: int
    waiting: int
    muted: int
    dismissed: int
    upheld: int
    per_mille: int | None
    low: int  # Of the interval, 95 per cent (Wilson).
    high: int

    @classmethod
    def of(cls, found: Precision) -> "PrecisionView":
        low, high = found.interval
        counts = found.model_dump(exclude={"rule"})
        return cls(**counts, per_mille=found.per_mille, low=low, high=high)

    @property
    def answered(self) -> int:
        return self.dismissed + self.upheld

    @property
    def enough(self) -> bool:
        return self.answered >= ENOUGH


class RuleView(BaseModel):
    rule: str
    says: str
    looks_at: list[str]
    stage: RuleStage
    version: int
    parameters: dict[str, int | str]
    changed: bool  # By the programme.
    precision: list[PrecisionView]  # Of each version that raised anything.


def shipped(rule: Rule) -> ShippedRule:
    return ShippedRule(version=rule.version, stage=rule.stage, parameters=dict(rule.parameters))


def looked_up(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the code says of the rule that a command names. Nobody may tell of another one."""
    rule = RULES.get(str(body.get("rule")))
    return {"shipped": shipped(rule).model_dump(mode="json") if rule else None}


def in_force(changed: FlagRules, *stages: RuleStage) -> list[InForce]:
    """The programme's rules in these stages."""
    found = []
    for rule in RULES.values():
        now = rule_in_force(shipped(rule), changed.changed.get(rule.id))
        if now.stage in stages:
            numbers = {name: int(value) for name, value in now.parameters.items()}
            found.append(InForce(rule, now.version, numbers))
    return found


def rule_views(view: View, programme: str, today: date) -> list[RuleView]:
    """Every rule of the code, in order, as the programme has it."""
    changed = flag_rules.fold(
        news.event for news in view.history(flag_rules.stream(programme))
    ).changed
    told = list(precisions(view.all(review, flags.stream(programme, "")).values(), today))
    views = []
    for rule in RULES.values():
        now = rule_in_force(shipped(rule), changed.get(rule.id))
        views.append(
            RuleView(
                rule=rule.id,
                says=rule.says,
                looks_at=list(rule.looks_at),
                stage=now.stage,
                version=now.version,
                parameters=now.parameters,
                changed=rule.id in changed,
                precision=[PrecisionView.of(each) for each in told if each.rule == rule.id],
            )
        )
    return views
