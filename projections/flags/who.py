"""Rules on accounts, merchants and approvers across cases. Staff are watched as citizens are: a flag about
them names no case, and no person in its sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.money import Money
from projections.flags.facts import Approval, CaseFacts, Receipt
from projections.flags.kinds import shop
from projections.flags.rule import Hit, Parameters, Stage, rule
from projections.flags.view import RECEIPTS, Facts
from projections.flags.wording import counted, dkk
from projections.flags.wording import kr as kroner

SATURDAY = 5


@rule(1, ("TrancheApproved", "TrancheReleased", "LineGranted", "ExpenseApproved"), times=3)
def approvals_at_odd_hours(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """One person approved grants or payments on so many days of a month between ten in the evening and six
    in the morning, or on a Saturday or Sunday. About how work is done: it names no case."""
    odd: dict[tuple[str, str], list[Approval]] = defaultdict(list)
    for case in facts.cases.values():
        for each in case.approvals:
            if each.on.weekday() >= SATURDAY or not 600 <= each.at < 2200:  # noqa: PLR2004
                odd[each.person, each.on.strftime("%Y-%m")].append(each)
    for (person, month), approvals in odd.items():
        days = sorted({each.on for each in approvals})
        if len(days) >= given["times"]:
            on = days[given["times"] - 1]
            shown = [each for each in approvals if each.on <= on]
            yield Hit(
                key=f"{person}/{month}",
                case_no=None,
                on=on,
                da=f"{len(shown)} godkendelser af samme medarbejder på {given['times']} dage i {month} er"
                " givet om natten eller i weekenden.",
                en=f"{len(shown)} approvals by one member of staff on {given['times']} days of {month} were"
                " given at night or in a weekend.",
                facts=shown,
                about=person,
            )


@dataclass
class Stood:
    """The receipts of one merchant so far."""

    receipts: list[Receipt] = field(default_factory=list)
    cases: set[str] = field(default_factory=set)
    by: Counter[str] = field(default_factory=Counter)
    ore: int = 0

    def add(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self.cases.add(receipt.case_no)
        self.by.update(each.person for each in receipt.accepted[:1])
        self.ore += receipt.amount.ore


@rule(
    1,
    ("ReceiptAccepted", "ReceiptHandedIn", "BudgetSubmitted"),
    receipts=12,
    cases=6,
    per_cent=90,
    others=3,
)
def one_approver_for_one_merchant(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """One person accepted so many per cent or more of a merchant's receipts, when there were so many
    receipts of so many cases, and so many others accept receipts of the same categories. It names
    no case."""
    approvers: dict[str, set[str]] = defaultdict(set)
    by_shop: dict[str, Stood] = defaultdict(Stood)
    told: set[tuple[str, str]] = set()
    accepted = [(each.accepted[0], case, each) for case, each in facts.receipts if each.accepted]
    for first, case, receipt in sorted(accepted, key=lambda each: (each[0].on, each[0].position)):
        category = case.lines[receipt.line_no].category
        approvers[category].add(first.person)
        of = by_shop[shop(receipt.merchant)]
        of.add(receipt)
        person, most = of.by.most_common(1)[0]
        count = len(of.receipts)
        name = (person, shop(receipt.merchant))
        alone = most * 100 >= count * given["per_cent"]
        enough = count >= given["receipts"] and len(of.cases) >= given["cases"]
        others = approvers[category] - {person}
        if alone and enough and len(others) >= given["others"] and name not in told:
            told.add(name)
            amount = Money(of.ore)
            yield Hit(
                key="/".join(name),
                case_no=None,
                on=first.on,
                da=f"Samme medarbejder har godkendt {most} af {count} kvitteringer fra"
                f" {receipt.merchant} i {len(of.cases)} forløb, i alt {kroner(amount)}",
                en=f"One member of staff accepted {most} of {count} receipts from {receipt.merchant} in"
                f" {len(of.cases)} cases, {dkk(amount)} in all.",
                facts=[each.accepted[0] for each in of.receipts],
                amount=amount,
                about=person,
            )


@rule(1, (*RECEIPTS, "BudgetSubmitted"), Stage.DRAFT, cases=10, per_cent=50)
def one_merchant_across_cases(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """One merchant had so many per cent or more of what receipts of a category came to, when so many cases
    had been there. Draft: most towns have one shop that everybody uses. It names no case."""
    by_category: Counter[str] = Counter()
    by_shop: dict[tuple[str, str], Stood] = defaultdict(Stood)
    told: set[tuple[str, str]] = set()
    for case, receipt in facts.receipts:
        category = case.lines[receipt.line_no].category
        name = (category, shop(receipt.merchant))
        by_category[category] += receipt.amount.ore
        of = by_shop[name]
        of.add(receipt)
        enough = len(of.cases) >= given["cases"] and name not in told
        if enough and of.ore * 100 >= by_category[category] * given["per_cent"]:
            told.add(name)
            amount, whole = Money(of.ore), Money(by_category[category])
            yield Hit(
                key="/".join(name),
                case_no=None,
                on=receipt.on,
                da=f"{receipt.merchant} har fået {kroner(amount)} af {kroner(whole)} i kategorien"
                f" {category}, i {len(of.cases)} forløb.",
                en=f"{receipt.merchant} got {dkk(amount)} of {dkk(whole)} in the category {category},"
                f" in {len(of.cases)} cases.",
                facts=of.receipts,
                amount=amount,
            )


@rule(1, ("AccountRegistered", "TrancheReleased"), days=14)
def account_changed_before_payout(facts: Facts, given: Parameters) -> Iterator[Hit]:
    """A tranche was released at most so many days after the case's account was changed to another one."""
    for case in facts.cases.values():
        for payment in case.released:
            before = [each for each in case.accounts if each.position < payment.position]
            if len(before) > 1 and (payment.on - before[-1].on).days <= given["days"]:
                days = (payment.on - before[-1].on).days
                da = f"{counted(days, 'dag', 'dage')} før" if days else "samme dag, som"
                en = f"{counted(days, 'day', 'days')} before" if days else "on the day that"
                yield Hit(
                    key=f"{case.case_no}/{payment.ref}/{payment.position}",
                    case_no=case.case_no,
                    line_no=payment.line_no,
                    on=payment.on,
                    da=f"Kontoen blev ændret {da} {kroner(payment.amount)} blev frigivet.",
                    en=f"The account was changed {en} {dkk(payment.amount)} was released.",
                    facts=[before[-1], payment],
                    amount=payment.amount,
                )


@rule(1, ("AccountRegistered", "CaseRegistered: citizen"))
def one_account_across_cases(facts: Facts, _: Parameters) -> Iterator[Hit]:
    """The same account is paid to in cases of two citizens."""
    first: dict[str, CaseFacts] = {}
    registered = [(each, case) for case in facts.cases.values() for each in case.accounts]
    for account, case in sorted(registered, key=lambda each: (each[0].on, each[0].position)):
        other = first.setdefault(account.mark, case)
        if other.citizen != case.citizen:
            marks = [each for each in other.accounts if each.mark == account.mark]
            yield Hit(
                key=f"{other.case_no}={case.case_no}/{account.mark}",
                case_no=case.case_no,
                on=account.on,
                da="Kontoen er den samme som i en anden borgers forløb.",
                en="The account is the same as in another citizen's case.",
                facts=[*marks[:1], account],
            )
