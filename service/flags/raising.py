"""Raising what is due: every finding of a programme's live rules that was not raised before, once.

Each flag is a command of its own, under an id made of what was found: run again after a crash, or by two at
once, it is answered as it was. A rule that fails is told by the service's log and by whoever asked, and stops
none of the others.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import NamedTuple

import structlog

from domain.flag_rules import RuleStage, flag_rules
from domain.flags import flags
from domain.programme import Role, programmes
from domain.voucher import vouchers
from domain.words import Refused
from projections.flags.gathering import arrivals, case_facts
from projections.flags.rule import Finding, InForce, findings
from projections.flags.view import Facts
from projections.programmes import Established
from projections.programmes import programmes as established
from projections.review import review
from service.app import Teten
from service.flags.rules import in_force
from service.rows import Snapshot

logger = structlog.get_logger()
CAUSE = "flag rules"


class Raised(NamedTuple):
    """What came of looking once."""

    flags: int
    failing: dict[str, str]  # Rules that failed, with the kind of their error.
    refused: dict[str, int]  # Findings that could not be raised, by the code of the refusal.


class Found(NamedTuple):
    finding: Finding | None
    rule: str
    error: str | None = None


def raise_due(teten: Teten, programme: str, as_of: date) -> Raised:
    """Raise what the programme's live rules find by that day. Nothing where nobody is the system."""
    told = Raised(0, {}, {})
    actor = _system(teten, programme)
    if actor is None:
        return told
    count, failing, refused = 0, told.failing, told.refused
    for found in _new(teten, programme, as_of):
        if found.finding is None:
            failing[found.rule] = str(found.error)
            continue
        try:
            teten.clerk.in_plain("RaiseFlag", _wish(programme, actor, found.finding))
            count += 1
        except Refused as no:  # The rule was changed meanwhile, or the citizen was forgotten.
            refused[no.code] = refused.get(no.code, 0) + 1
    if count:
        logger.info("flags raised", programme=programme, flags=count)
    return Raised(count, failing, refused)


def would_raise(teten: Teten, programme: str, rule: str, as_of: date) -> list[Finding]:
    """What one rule finds by that day, whatever its stage, and whether it was raised before or not."""
    with teten.rows.snapshot() as snapshot:
        facts = facts_of(snapshot, programme)
        every = in_force(teten.log.state(flag_rules, programme), *RuleStage)
    wanted = [each for each in every if each.rule.id == rule]
    return list(findings(facts, wanted, as_of)) if facts else []


def facts_of(snapshot: Snapshot, programme: str) -> Facts | None:
    """All that rules may look at. None: there is no such programme."""
    known: Established | None = snapshot.get(established, programme)
    if not known or not known.terms:
        return None
    rows = snapshot.all(case_facts).values()
    came = snapshot.all(arrivals, vouchers.stream(programme, "")).values()
    return Facts(
        known, {row.case_no: row for row in rows if row.programme == programme}, list(came)
    )


def _new(teten: Teten, programme: str, as_of: date) -> list[Found]:
    with teten.rows.snapshot() as snapshot:
        facts = facts_of(snapshot, programme)
        rows = snapshot.all(review, flags.stream(programme, "")).values()
    before = {(each.raised.rule, each.raised.key) for row in rows for each in row.flags.values()}
    live = in_force(teten.log.state(flag_rules, programme), RuleStage.LIVE)
    if not facts:
        return []
    found = [each for rule in live for each in _of_rule(facts, rule, as_of)]
    return [
        each
        for each in found
        if not each.finding or (each.finding.rule, each.finding.key) not in before
    ]


def _of_rule(facts: Facts, rule: InForce, as_of: date) -> Iterator[Found]:
    """All of it or, where the rule fails, that it does."""
    try:
        found = list(findings(facts, [rule], as_of))
    except Exception as error:  # noqa: BLE001 - its text could quote a case; the others go on
        logger.error("flag rule failing", rule=rule.rule.id, error=type(error).__name__)  # noqa: TRY400
        yield Found(None, rule.rule.id, type(error).__name__)
        return
    for finding in found:
        yield Found(finding, rule.rule.id)


def _wish(programme: str, actor: str, finding: Finding) -> dict[str, object]:
    told = finding.model_dump(mode="json")
    name = sha256(finding.model_dump_json().encode()).hexdigest()[:32]
    told["found_on"] = told.pop("on")
    return told | {
        "id": f"flags/{programme}/{name}",
        "programme": programme,
        "by": actor,
        "cause": CAUSE,
    }


def _system(teten: Teten, programme: str) -> str | None:
    """Who acts for what machines tell."""
    roles = teten.log.state(programmes, programme).roles
    return next((who for who, held in sorted(roles.items()) if Role.SYSTEM in held), None)
