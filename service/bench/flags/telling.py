"""What was measured, as Markdown for people and as data for programs."""

from collections.abc import Iterable
from typing import Any

from domain.money import total
from projections.flags.catalogue import RULES
from projections.intervals import wilson
from service.bench.flags.comparing import Compared


def data(measured: Iterable[Compared], speed: dict[str, Any] | None) -> dict[str, Any]:
    sets = list(measured)
    return {
        "data_sets": [
            {
                "name": each.name,
                "cases": each.cases,
                "guilty": len(each.guilty),
                "misused": str(each.misused),
                "recall_per_mille": each.recall,
                "innocent": len(each.innocent),
                "innocent_per_guilty": _per(len(each.innocent), len(each.guilty)),
                "holds": each.holds,
                "missed": [
                    {"case": one.case_no, "line": one.line_no, "signals": one.signals}
                    for one in each.missed
                ],
            }
            for each in sets
        ],
        "rules": [_rule(name, sets) for name in RULES],
        "speed": speed,
    }


def _rule(name: str, sets: list[Compared]) -> dict[str, Any]:
    """One rule over all the data sets."""
    tallies = [tally for each in sets for tally in each.tallies if tally.rule == name]
    guilty = sum(len(each.guilty) for each in tallies)
    innocent = sum(len(each.innocent) for each in tallies)
    interval = wilson(guilty, guilty + innocent)
    return {
        "rule": name,
        "stage": RULES[name].stage,
        "findings": sum(each.findings for each in tallies),
        "misused": str(total(each.misused for each in tallies)),
        "guilty": guilty,
        "innocent": innocent,
        "about_no_case": sum(each.about_no_case for each in tallies),
        "precision_per_mille": 1_000 * guilty // (guilty + innocent) if guilty + innocent else None,
        "interval_per_mille": [interval.low, interval.high],
    }


def _per(innocent: int, guilty: int) -> float:
    return round(innocent / guilty, 2) if guilty else float(innocent)


def markdown(told: dict[str, Any]) -> str:
    rows = [
        "| Data set | cases | guilty | misused kr. | recall | innocent | for each guilty | holds |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    rows += [
        f"| {each['name']} | {each['cases']} | {each['guilty']} | {each['misused']} |"
        f" {each['recall_per_mille'] / 10:.1f} % | {each['innocent']} |"
        f" {each['innocent_per_guilty']} | {'yes' if each['holds'] else 'no'} |"
        for each in told["data_sets"]
    ]
    for each in told["data_sets"]:
        missed = [
            f"{one['case']}/{one['line']} ({', '.join(one['signals'])})" for one in each["missed"]
        ]
        rows += ["", f"Missed in {each['name']}: {'; '.join(missed)}."] if missed else []
    rows += [
        "",
        "| Rule | stage | findings | misused kr. named | guilty | innocent | precision | 95 % |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    rows += [_row(each) for each in told["rules"]]
    if speed := told["speed"]:
        rows += [
            "",
            (
                f"All rules over {speed['events']} events ({speed['cases']} cases):"
                f" {speed['rules_seconds']} s. A receipt among {speed['receipts']}:"
                f" {speed['search_ms_p50']} ms (median), {speed['search_ms_max']} ms (slowest)."
            ),
        ]
    return "\n".join(rows)


def _row(each: dict[str, Any]) -> str:
    precision = each["precision_per_mille"]
    share = "" if precision is None else f"{precision / 10:.0f} %"
    low, high = (bound / 10 for bound in each["interval_per_mille"])
    interval = "" if precision is None else f"{low:.0f} - {high:.0f} %"
    return (
        f"| `{each['rule']}` | {each['stage']} | {each['findings']} | {each['misused']} |"
        f" {each['guilty']} | {each['innocent']} | {share} | {interval} |"
    )
