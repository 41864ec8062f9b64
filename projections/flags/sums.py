"""Rules on what is missing, and on amounts that look chosen."""

from collections.abc import Iterator
from datetime import timedelta

from domain.money import ZERO, kr, total
from projections.flags.cards import CARD
from projections.flags.rule import Hit, Parameters, Stage, rule
from projections.flags.view import GAPS, Facts, gaps
from projections.flags.wording import dkk
from projections.flags.wording import kr as kroner


@rule(1, ("BudgetSubmitted", *GAPS), days=120)
def receipts_missing(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """So many days after the bank booked a tranche, receipts for more of it are missing than a solemn
    declaration may stand for. By then every reminder has gone out. Not on a card line: there the
    card's issuer shows what it was used for, and another rule looks at both."""
    for case in facts.cases.values():
        for gap in gaps(case, given["days"]):
            line = case.lines[gap.tranche.line_no]
            if line.route == CARD or gap.lacking <= facts.rules_on(gap.on).declaration_max:
                continue
            yield Hit(
                key=f"{case.case_no}/{line.line_no}/{gap.tranche.ref}",
                case_no=case.case_no,
                line_no=line.line_no,
                on=gap.on,
                da=f"{given['days']} dage efter udbetalingen af {kroner(gap.tranche.amount)} på budgetpost"
                f" {line.line_no} mangler der kvitteringer for {kroner(gap.lacking)}",
                en=f"{given['days']} days after the payment of {dkk(gap.tranche.amount)} on line"
                f" {line.line_no}, receipts for {dkk(gap.lacking)} of it are missing.",
                facts=[gap.tranche],
                amount=gap.lacking,
            )


@rule(1, ("LossDeclared",), times=4, days=90, per_cent=90)
def split_under_limit(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """So many solemn declarations in a case within so many days, each of them so many per cent or more of
    the most that one may be of: one loss may have been split to stay under the limit."""
    for case in facts.cases.values():
        high = [
            each
            for each in case.covers
            if each.event == "LossDeclared"
            and each.amount.ore * 100
            >= facts.rules_on(each.on).declaration_max.ore * given["per_cent"]
        ]
        for last in range(given["times"] - 1, len(high)):
            run = high[last - given["times"] + 1 : last + 1]
            amount = total(each.amount for each in run)
            if run[-1].on - run[0].on <= timedelta(days=given["days"]):
                yield Hit(
                    key=f"{case.case_no}/{run[-1].position}",
                    case_no=case.case_no,
                    line_no=run[-1].line_no,
                    on=run[-1].on,
                    da=f"{len(run)} tro- og loveerklæringer fra {run[0].on:%d-%m-%Y} til"
                    f" {run[-1].on:%d-%m-%Y} ligger alle lige under grænsen, i alt {kroner(amount)}",
                    en=f"{len(run)} solemn declarations from {run[0].on} to {run[-1].on} are all just"
                    f" under the limit, {dkk(amount)} in all.",
                    facts=run,
                    amount=amount,
                )
                break


@rule(1, ("ReceiptHandedIn",), Stage.DRAFT, times=5, round_to=100)
def round_sums(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """So many receipts in a case, every one of them of whole so many kroner. Draft: courses and
    driving lessons are sold at round prices, so that it says little."""
    for case in facts.cases.values():
        receipts = sorted(case.handed_in(), key=lambda each: (each.on, each.position))
        so_far = receipts[: given["times"]]
        whole = all(each.amount.ore % kr(given["round_to"]).ore == 0 for each in so_far)
        if len(so_far) == given["times"] and whole:
            amount = total(each.amount for each in so_far)
            yield Hit(
                key=case.case_no,
                case_no=case.case_no,
                on=so_far[-1].on,
                da=f"De første {len(so_far)} kvitteringer er alle på hele {given['round_to']} kr.:"
                f" i alt {kroner(amount)}",
                en=f"The first {len(so_far)} receipts are all of whole DKK {given['round_to']}:"
                f" {dkk(amount)} in all.",
                facts=so_far,
                amount=max(amount, ZERO),
            )
