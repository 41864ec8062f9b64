"""Data sets of the pilot's kind: citizens who spend as agreed, some of them oddly, and a few who misuse.

Everything is drawn by lot, with no regard to any rule's threshold: another seed gives other shops, amounts,
days and shares. Two kinds: money on an account, with receipts; and a card, whose issuer tells its uses.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random

from domain.money import Money, split, total
from service.bench import scheme
from service.bench.flags.drawing import Picture, Slip
from service.bench.flags.files import Act, Entry, Files, next_month
from service.bench.flags.town import CASH, GROCERIES, TRADES, Shop, cvr_number, town

START = date(2021, 1, 4)
LASTS = timedelta(days=600)
NOTES = ("aftalt med konsulenten", "se begrundelsen i budgettet", "efter aftale", "til prøvesalg")
KINDS = ("private_consumption", "other")
OWN, COLLEAGUE = scheme.CASEWORKERS[:2]
CONTROLLER = scheme.CONTROLLERS[0]


class Kind(StrEnum):
    ACCOUNT = "account"
    CARD = "card"


SIGNALS = (
    "no_receipts",
    "merchant_mismatch",
    "merchant_mismatch+rejected_receipt",
    "near_duplicate",
    "total_mismatch",
    "bad_cvr",
    "vat_mismatch",
    "bad_cvr+vat_mismatch",
    "dated_before_payment",
)


@dataclass(frozen=True)
class Line:
    case_no: str
    line_no: int
    category: str
    amount: Money


@dataclass(frozen=True)
class Advance:
    """A tranche that was paid out."""

    line: Line
    amount: Money
    released: date
    known: date  # The day of the statement that shows it.


def made(folder: Path, seed: int, kind: Kind, cases: int = 30) -> Path:
    """Write one. The same seed, kind and number of cases give the same rows."""
    return Maker(seed, kind, cases).files.write(folder)


class Maker:
    def __init__(self, seed: int, kind: Kind, cases: int) -> None:
        self.dice = Random(f"{kind}/{seed}")  # nosec B311 # noqa: S311 - the same set every time
        self.kind, self.town = kind, town(self.dice)
        self.files = Files(f"M{kind[0].upper()}{seed}", START, START + LASTS, (kind.value,))
        self._refs = 0
        self._slips: list[tuple[Slip, str, date]] = []  # With its case and the day it came in.
        guilty = self.dice.sample(
            range(1, cases + 1), max(2, cases * self.dice.randint(8, 20) // 100)
        )
        signals = [*SIGNALS]
        self.dice.shuffle(signals)
        for number in range(1, cases + 1):
            at = guilty.index(number) if number in guilty else None
            self._case(number, None if at is None else signals[at % len(signals)])

    # Drawn by lot --------------------------------------------------------------------------------

    def chance(self, per_cent: int) -> bool:
        return self.dice.randrange(100) < per_cent

    def days(self, least: int, most: int) -> timedelta:
        return timedelta(days=self.dice.randint(least, most))

    def parts(self, amount: Money, most: int) -> list[Money]:
        weights = [self.dice.randint(10, 100) for _ in range(self.dice.randint(1, most))]
        return split(amount, weights)

    def ref(self, letter: str) -> str:
        self._refs += 1
        return f"{letter}{self._refs:05d}"

    def at(self, day: date) -> datetime:
        """Some working hour of that day or of the Monday after."""
        day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
        return datetime.combine(day, time(self.dice.randint(8, 15), self.dice.randint(0, 59)))

    # What happens --------------------------------------------------------------------------------

    def acts(
        self, at: datetime, by: str, action: str, line: Line | None = None, **more: object
    ) -> None:
        where = {"case_no": line.case_no, "line_no": str(line.line_no)} if line else {}
        self.files.acts.append(Act(at, by, action, **where | more))  # type: ignore[arg-type]

    def _case(self, number: int, signal: str | None) -> None:
        case_no = f"{self.files.programme}-{number:03d}"
        person = (f"{61 + number % 28}0185-{1000 + number}", f"Borger {number}", "1", "random")
        account = f"9999-{number:010d}"
        self.files.cases.append((case_no, *person, "individual", OWN, account))
        day = START + self.days(0, 250)
        self.acts(self.at(day), OWN, "OFFER", case_no=case_no)
        if signal is None and self.chance(12):
            self.acts(self.at(day + timedelta(days=7)), OWN, "DECLINE", case_no=case_no, text="Nej")
            return
        lines = self._budget(case_no, day)
        bad = (
            set(self.dice.sample(lines, min(len(lines), self.dice.randint(1, 2))))
            if signal
            else set()
        )
        if self.kind is Kind.ACCOUNT:
            bad = set(sorted(bad, key=lambda line: line.line_no)[:1])
        for line in lines:
            self._spends(line, day + timedelta(days=20), signal if line in bad else None)

    def _budget(self, case_no: str, day: date) -> list[Line]:
        wanted = self.dice.sample(list(TRADES), self.dice.randint(2, 5))
        lines = [
            Line(case_no, n, category, Money(self.dice.randint(200, 4_000) * 500))
            for n, category in enumerate(wanted, start=1)
        ]
        for line in lines:
            named = self.kind is Kind.CARD or self.chance(25)
            supplier = self.dice.choice(self.town.shops[line.category])
            told = (supplier.cvr, supplier.name) if named else ("", "")
            words = ("Som aftalt", "Til jobbet", line.amount.danish(), "ja", self.kind.value)
            place = (case_no, str(line.line_no), line.category)
            self.files.lines.append((*place, *words, *told, "LAB-32", "AARHUS"))
        for days, by, action, text in (
            (4, OWN, "ACCEPT", ""),
            (8, OWN, "SUBMIT_BUDGET", ""),
            (12, COLLEAGUE, "ASSESS", "green"),
        ):
            when = self.at(day + timedelta(days=days))
            self.acts(when, by, action, case_no=case_no, text=text)
        for line in lines:
            self.acts(self.at(day + timedelta(days=16)), OWN, "APPROVE_LINE", line)
        return lines

    def _spends(self, line: Line, day: date, signal: str | None) -> None:
        most = 1 if self.kind is Kind.CARD else 3
        advances = []
        for amount in self.parts(line.amount, most):
            advances.append(self._paid(line, amount, day))
            day += self.days(25, 60)
        worst = self.dice.choice(advances)
        for advance in advances:
            if self.kind is Kind.CARD:
                self._uses_card(advance, misused=signal is not None)
            elif signal and advance is worst:
                self._misuses(advance, signal)
            else:
                self._explains(advance, advance.amount)

    def _paid(self, line: Line, amount: Money, day: date) -> Advance:
        ref, at = self.ref("T"), self.at(day)
        self.acts(at, OWN, "REQUEST_TRANCHE", line, ref=ref, amount=amount)
        self.acts(at + timedelta(minutes=20), OWN, "APPROVE_TRANCHE", line, ref=ref)
        self.acts(at + timedelta(hours=2), CONTROLLER, "RELEASE_TRANCHE", line, ref=ref)
        booked = at.date() + self.days(1, 3)
        paid = f"<Refs><EndToEndId>{ref}</EndToEndId></Refs>"
        self.files.entries.append(Entry(booked, amount, True, paid))  # noqa: FBT003
        return Advance(line, amount, at.date(), next_month(booked))

    # As agreed -----------------------------------------------------------------------------------

    def _explains(self, advance: Advance, amount: Money) -> None:
        """By receipts, some of them late; now and then a little is lost or handed back."""
        little = Money(min(self.dice.randint(50, 450) * 100, amount.ore // 3))
        if little.ore > 0 and self.chance(15):
            amount -= little
            if self.chance(50):
                at = self.at(advance.known + self.days(3, 40))
                self.acts(at, CONTROLLER, "DECLARE_LOST", advance.line, amount=little, text="Væk")
            else:
                back = f"UNSPENT {advance.line.case_no}/{advance.line.line_no}"
                details = f"<RmtInf><Ustrd>{back}</Ustrd></RmtInf>"
                on = advance.known + self.days(5, 50)
                self.files.entries.append(Entry(on, little, False, details))  # noqa: FBT003
        for part in self.parts(amount, 3):
            self._buys(advance, part)

    def _buys(self, advance: Advance, amount: Money) -> None:
        shop = self.dice.choice(self.town.shops[advance.line.category])
        note = ""
        if self.chance(7):
            shop, note = self.town.any_odd(self.dice), self.dice.choice(NOTES)
        slip = self._slip(shop, amount, advance.released + self.days(1, 25))
        if self.chance(10):
            slip = self._priced(slip, amount + Money(self.dice.randint(1, 200) * 500))
        if self.chance(6):
            self._scanned_again(advance, slip, amount, note)
        else:
            self._hands_in(advance, slip, amount, note=note)

    def _scanned_again(self, advance: Advance, slip: Slip, amount: Money, note: str) -> None:
        first = self._hands_in(advance, slip, amount, note=note, answer="REJECT_RECEIPT")
        self._hands_in(advance, slip, amount, note="ny scanning", after=first + timedelta(days=1))

    def _hands_in(
        self,
        advance: Advance,
        slip: Slip,
        amount: Money,
        *,
        note: str = "",
        answer: str = "ACCEPT_RECEIPT",
        after: date | None = None,
        cropped: bool = False,
    ) -> date:
        """The day on which it was answered."""
        came = after or max(slip.on, advance.released) + self.days(2, 15)
        came += self.days(30, 95) if not after and self.chance(12) else self.days(0, 6)
        ref = self.ref("R")
        file = f"receipts/{ref.lower()}.png"
        seed = self.dice.getrandbits(32)
        self.files.pictures[file] = Picture(slip, seed, self.chance(25), cropped)
        text = "; ".join(filter(None, (slip.shop.name, f"{slip.on:%d-%m-%Y}", note)))
        told = {"ref": ref, "amount": amount, "text": text, "file": file}
        at = self.at(came)
        self.acts(at, OWN, "RECEIPT", advance.line, **told)
        answered = self.at(max(at.date() + self.days(1, 12), advance.known + timedelta(days=1)))
        why = {"amount": amount} if answer == "ACCEPT_RECEIPT" else {"text": "Kan ikke bruges"}
        self.acts(answered, OWN, answer, advance.line, ref=ref, **why)
        self._slips.append((slip, advance.line.case_no, at.date()))
        return answered.date()

    def _slip(self, shop: Shop, amount: Money, on: date) -> Slip:
        clock = f"{self.dice.randint(8, 21):02d}:{self.dice.randint(0, 59):02d}"
        number = str(self.dice.randint(10_000, 999_999))
        slip = Slip(shop, shop.cvr, on, clock, number, amount, None, (), self.dice.randrange(12))
        return self._priced(slip, amount)

    def _priced(self, slip: Slip, amount: Money) -> Slip:
        vat = Money((amount.ore + 2) // 5) if slip.shop.bears_vat else None
        parts = self.parts(amount, 3)
        goods = tuple((f"Vare {n}", part) for n, part in enumerate(parts, start=1))
        return replace(slip, total=amount, vat=vat, goods=goods)

    # Misuse --------------------------------------------------------------------------------------

    def _misuses(self, advance: Advance, signal: str) -> None:
        line, amount = advance.line, advance.amount
        shop = self.dice.choice(self.town.shops[line.category])
        slip = self._slip(shop, amount, advance.released + self.days(1, 25))
        misused, theirs = amount, self._others(advance)
        if signal == "near_duplicate" and not theirs:
            signal = "no_receipts"
        if "merchant_mismatch" in signal:
            odd = self.town.any_odd(self.dice)
            while line.category in ("business", "other") and odd.mcc not in (
                "5812",
                "5813",
                "5921",
            ):
                odd = self.town.any_odd(self.dice)
            slip = self._slip(odd, amount, slip.on)
            answer = "REJECT_RECEIPT" if "rejected" in signal else "ACCEPT_RECEIPT"
            self._hands_in(advance, slip, amount, answer=answer)
        elif signal == "near_duplicate":
            misused = self._copies(advance, theirs)
        elif signal == "total_mismatch":
            real = Money(amount.ore * self.dice.randint(30, 92) // 100)
            self._hands_in(advance, self._priced(slip, real), amount)
            misused = amount - real
        elif signal == "dated_before_payment":
            slip = replace(slip, on=advance.released - self.days(2, 40))
            self._hands_in(advance, slip, amount)
        elif signal != "no_receipts":
            self._hands_in(advance, self._forged(slip, signal), amount)
        kind = self.dice.choice(KINDS)
        self.files.truth.append((line.case_no, line.line_no, misused, kind, signal))

    def _forged(self, slip: Slip, signal: str) -> Slip:
        if "bad_cvr" in signal:
            slip = replace(slip, cvr=cvr_number(self.dice, valid=False))
        if "vat_mismatch" in signal:
            fifth, off = slip.total.ore // 5, self.dice.choice((60, 75, 120, 130, 150))
            slip = replace(slip, vat=Money(fifth * off // 100))
        return slip

    def _others(self, advance: Advance) -> list[Slip]:
        """What other cases had handed in, and could be handed in again."""
        return [
            slip
            for slip, case_no, came in self._slips
            if case_no != advance.line.case_no
            and came < advance.released
            and slip.total <= advance.amount
        ]

    def _copies(self, advance: Advance, theirs: list[Slip]) -> Money:
        """Another case's receipt, scanned again; the rest as agreed."""
        slip = self.dice.choice(theirs)
        self._hands_in(advance, slip, slip.total, cropped=self.chance(40))
        rest = advance.amount - slip.total
        if rest.ore > 0:
            self._explains(advance, rest)
        return slip.total

    # The card ------------------------------------------------------------------------------------

    def _uses_card(self, advance: Advance, *, misused: bool) -> None:
        line, amount = advance.line, advance.amount
        if misused:
            bad = Money(amount.ore * self.dice.randint(25, 100) // 100)
            self._squanders(advance, bad)
            amount -= bad
        elif self.chance(6):
            self._use(
                advance, self.town.any_odd(self.dice), Money(self.dice.randint(50, 600) * 100)
            )
        groceries = [shop for mcc in GROCERIES for shop in self.town.odd[mcc]]
        keeps = self.chance(70)
        for part in self.parts(amount, 3) if amount.ore > 0 else ():
            shops = self.town.shops[line.category]
            if line.category == "business" and self.chance(30):
                shops = groceries
            shop = self.dice.choice(shops)
            on = self._use(advance, shop, part)
            if keeps or misused:
                slip = self._slip(shop, part, on)
                self._hands_in(advance, slip, part, after=on + self.days(5, 150))

    def _use(self, advance: Advance, shop: Shop, amount: Money) -> date:
        on = advance.released + self.days(3, 120)
        at = datetime.combine(on, time(self.dice.randint(8, 22), self.dice.randint(0, 59)))
        self.files.card.append((at, advance.line.case_no, shop.name, shop.mcc, amount))
        return on

    def _squanders(self, advance: Advance, amount: Money) -> None:
        places = [self.town.any_odd(self.dice) for _ in range(self.dice.randint(1, 4))]
        if self.chance(70):
            places.append(Shop("Automat", "", self.dice.choice(CASH), bears_vat=False))
        if advance.line.category in ("business", "other"):
            places = [Shop("Automat", "", CASH[1], bears_vat=False)]
        uses = max(1, amount.ore // (self.dice.randint(300, 2_500) * 100))
        for part in split(amount, [self.dice.randint(10, 100) for _ in range(uses)]):
            self._use(advance, self.dice.choice(places), part)
        signals = "cash_withdrawal+no_receipts+odd_mcc"
        place = (advance.line.case_no, advance.line.line_no)
        self.files.truth.append((*place, amount, self.dice.choice(KINDS), signals))


def misused(maker: Maker) -> Money:
    return total(amount for _, _, amount, _, _ in maker.files.truth)
