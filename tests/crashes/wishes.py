"""What the clients of a load ask for: few cases, one small fund, and everybody wants the same at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from domain.money import kr
from domain.programme import FundingAgreement
from domain.words import Command
from tests import examples as ask

# Each of four cases gets its line of 10 kr., and what they want on top soon meets the end.
FUND = kr(46)
CASES = 4
STEPS_BEFORE_MONEY = 6


def establish(programme: str) -> Command:
    funding = (
        FundingAgreement(id="AARHUS", name="Aarhus Kommune", amount=FUND),
        FundingAgreement(id="VELUX", name="VELUX FONDEN", amount=FUND),
    )
    return ask.establish(id=f"{programme}/establish", programme=programme, funding=funding)


def cases(programme: str) -> tuple[str, ...]:
    return tuple(f"{programme}-{number}" for number in range(CASES))


def step(programme: str, case_no: str, number: int) -> Command:
    """The next thing that is wanted of a case: enrolment and budget, then money round after round."""
    where = {"programme": programme, "case_no": case_no}
    if number < STEPS_BEFORE_MONEY:
        first: Sequence[Callable[[], Command]] = (
            lambda: ask.register(**where, citizen=f"citizen-{digest(case_no)[:16]}"),
            lambda: ask.offer(**where),
            lambda: ask.accept_offer(**where),
            lambda: ask.submit(**where, lines=(ask.course(amount=kr(10)),)),
            lambda: ask.assess(**where),
            lambda: ask.approve_line(**where),
        )
        return first[number]()
    turn, at = divmod(number - STEPS_BEFORE_MONEY, 8)
    tranche = where | {"ref": f"T-{case_no}-{turn}"}
    receipt = where | {"ref": f"K-{case_no}-{turn}", "amount": kr(0, 1)}
    # Every third picture is handed in for each case, and explains something in one of them.
    picture = digest(programme, turn, case_no if turn % 3 else "")
    entry = ask.debit(entry=f"E-{case_no}-{turn}", end_to_end_id=tranche["ref"], amount=kr(0, 1))
    bank = {"programme": programme, "statement": f"S-{case_no}-{turn}"}
    money: Sequence[Callable[[], Command]] = (
        lambda: ask.amend_line(**where, amount=kr(10 + turn % 3)),
        lambda: ask.request_tranche(**tranche, amount=kr(0, 1)),
        lambda: ask.approve_tranche(**tranche),
        lambda: ask.release_tranche(**tranche),
        lambda: ask.receive(entry, **bank, sha256=digest(bank["statement"])),
        lambda: ask.hand_in(**receipt, sha256=picture),
        lambda: ask.accept_receipt(**receipt),
        lambda: ask.cancel_tranche(**tranche),
    )
    return money[at]()


def digest(*words: object) -> str:
    return sha256(repr(words).encode()).hexdigest()


@dataclass
class Progress:
    """How far each case has come, as far as the clients of one load know. Others may know more."""

    programme: str
    reached: dict[str, int] = field(default_factory=dict)

    def at(self, case_no: str) -> int:
        return self.reached.get(case_no, 0)

    def passed(self, case_no: str, number: int) -> None:
        """Done or refused, it is not what the case waits for."""
        self.reached[case_no] = max(self.at(case_no), number + 1)


@dataclass
class Client:
    """Asks for what is next, often under an id that others use for the same wish; now and then asks
    again what was answered, or takes an old id for another wish."""

    name: str
    dice: Random
    progress: Progress
    asked: list[Command] = field(default_factory=list)
    wanted: tuple[str, int] | None = None

    def wish(self) -> Command:
        programme, self.wanted = self.progress.programme, None
        case_no = self.dice.choice(cases(programme))
        own_id = f"{programme}/{self.name}/{len(self.asked)}"
        chance = self.dice.random()
        if self.asked and chance < 0.08:
            return self.dice.choice(self.asked[-50:])
        if self.asked and chance < 0.1:
            return self.dice.choice(self.asked[-50:]).model_copy(update={"by": "rev-1"})
        if chance < 0.3:
            where = {"programme": programme, "case_no": case_no}
            wish: Command = ask.use_card(id=own_id, amount=kr(self.dice.randrange(1, 500)), **where)
        else:
            number = self.progress.at(case_no)
            shared_id = f"{programme}/{case_no}/{number}"
            an_id = shared_id if self.dice.random() < 0.4 else own_id
            wish = step(programme, case_no, number).model_copy(update={"id": an_id})
            self.wanted = case_no, number
        self.asked.append(wish)
        return wish

    def answered(self) -> None:
        if self.wanted:
            self.progress.passed(*self.wanted)
