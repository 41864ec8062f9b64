"""What changes while a programme runs: its rules, from a day on."""

from dataclasses import replace
from datetime import date
from typing import ClassVar

from domain.case.state import programme_of
from domain.identity import Key, WordsRef
from domain.programme import Programme, Rules, programmes
from domain.words import Command, Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class RulesChanged(Event):
    """From this day on, decisions are judged by these rules. Those before it stand as they were judged."""

    programme: Key
    rules: Rules
    in_force_from: date
    reason: WordsRef | None


# Commands ----------------------------------------------------------------------------------------


class ChangeRules(Command):
    """The rules whole, with the next version's number: so that nobody overwrites what they haven't seen."""

    may_hold_earlier: ClassVar[bool] = False
    may_hold_later: ClassVar[bool] = True
    rules: Rules
    reason: WordsRef | None = None


# Evolve ------------------------------------------------------------------------------------------


@programmes.on(RulesChanged)
def _changed(programme: Programme, event: RulesChanged) -> Programme:
    return replace(programme, versions=(*programme.versions, (event.in_force_from, event.rules)))


# Decide ------------------------------------------------------------------------------------------


@decides(ChangeRules)
def change(ask: ChangeRules, past: Past) -> list[News]:
    programme = programme_of(ask, past)
    since, latest = programme.versions[-1]
    if ask.effective_on < since or ask.rules.version != latest.version + 1:
        raise Refused("wrong_state", what="rules", version=latest.version, in_force_from=str(since))
    changed = RulesChanged(
        programme=ask.programme,
        rules=ask.rules,
        in_force_from=ask.effective_on,
        reason=ask.reason,
    )
    return [programmes.news(changed, ask.programme)]
