"""What the ladder's steps say, in plain Danish and English: of numbers, amounts and days alone."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from domain.case.line import Step
from domain.money import Money


class Texts(NamedTuple):
    danish: str
    english: str


@dataclass(frozen=True)
class Facts:
    """What a step is told by. `then`: the next step and its day, if nothing comes."""

    case_no: str
    line_no: int
    ref: str
    amount: Money
    paid_on: date
    refunded_on: date | None  # Since then it lacks them again.
    reminders: int  # How many there were, this one included.
    then: tuple[Step, date] | None

    @property
    def what(self) -> Texts:
        return Texts(
            f"bilag for {self.amount.danish()} kr. af rate {self.ref} på post {self.line_no} i sag"
            f" {self.case_no}, udbetalt den {_danish(self.paid_on)}",
            f"receipts for DKK {self.amount} of tranche {self.ref} on line {self.line_no} in case"
            f" {self.case_no}, paid on {self.paid_on}",
        )

    @property
    def why_again(self) -> Texts:
        """Nothing, where they never were accounted for."""
        if not self.refunded_on:
            return Texts("", "")
        return Texts(
            f" En butik gav penge tilbage den {_danish(self.refunded_on)}. Derfor er der igen penge, som"
            " der mangler bilag for.",
            f" A shop gave money back on {self.refunded_on}. So there is money again that receipts are"
            " missing for.",
        )


def _danish(day: date) -> str:
    return f"{day:%d-%m-%Y}"


CONSEQUENCES = {
    Step.REMINDED: Texts("skriver vi til dig igen", "we write to you again"),
    Step.HELD: Texts(
        "holder vi dine næste udbetalinger tilbage, til de er kommet",
        "we hold back your next payouts until they have come",
    ),
    Step.TOLD: Texts(
        "beder vi din jobkonsulent om at tale med dig", "we ask your caseworker to talk to you"
    ),
    Step.CLAIM_PROPOSED: Texts(
        "tager en økonomikonsulent stilling til, om du skal betale pengene tilbage",
        "a controller looks at whether you have to pay the money back",
    ),
}


def _otherwise(facts: Facts) -> Texts:
    assert facts.then  # Nothing comes after the last step alone, which says nothing of it.
    step, on = facts.then
    does = CONSEQUENCES[step]
    return Texts(
        f" Mangler de stadig den {_danish(on)}, {does.danish}.",
        f" If they are still missing on {on}, {does.english}.",
    )


def _asked() -> Texts:
    return Texts(
        " Aflever kvitteringerne, eller betal det tilbage, som du ikke har brugt. Har du mistet en"
        " kvittering, så sig det til din jobkonsulent.",
        " Hand in the receipts, or pay back what you have not spent. If you have lost a receipt, tell"
        " your caseworker.",
    )


def reminded(facts: Facts) -> Texts:
    what, again, otherwise, asked = facts.what, facts.why_again, _otherwise(facts), _asked()
    return Texts(
        f"Vi mangler {what.danish}.{again.danish}{asked.danish}{otherwise.danish}",
        f"We are missing {what.english}.{again.english}{asked.english}{otherwise.english}",
    )


def held(facts: Facts) -> Texts:
    what, again, otherwise, asked = facts.what, facts.why_again, _otherwise(facts), _asked()
    return Texts(
        f"Vi holder dine næste udbetalinger tilbage, fordi vi mangler {what.danish}.{again.danish}"
        f" Udbetalingerne kommer igen, når bilagene er godkendt.{asked.danish}{otherwise.danish}",
        f"We hold back your next payouts, because we are missing {what.english}.{again.english}"
        f" The payouts go on once the receipts are accepted.{asked.english}{otherwise.english}",
    )


def _times(facts: Facts) -> Texts:
    many = facts.reminders > 1
    return Texts(
        f"{facts.reminders} rykkere" if many else "en rykker",
        f"{facts.reminders} reminders" if many else "one reminder",
    )


def told(facts: Facts) -> Texts:
    what, again, times = facts.what, facts.why_again, _times(facts)
    return Texts(
        f"Borgeren mangler {what.danish}, og har fået {times.danish}.{again.danish} Tal med"
        " borgeren: er noget gået galt, kan bilagene eftergives eller en tabt kvittering erklæres.",
        f"The citizen is missing {what.english}, and got {times.english}.{again.english} Talk to the"
        " citizen: if something went wrong, the receipts can be waived or a loss declared.",
    )


def claim_proposed(facts: Facts) -> Texts:
    what, again, times = facts.what, facts.why_again, _times(facts)
    return Texts(
        f"Borgeren mangler {what.danish}, og har fået {times.danish}.{again.danish} Tag"
        " stilling til, om pengene skal kræves tilbage. Det er et spørgsmål og ingen afgørelse.",
        f"The citizen is missing {what.english}, and got {times.english}.{again.english} Decide whether"
        " the money is to be claimed back. This is a question, and no decision.",
    )


TEXTS = {
    Step.REMINDED: reminded,
    Step.HELD: held,
    Step.TOLD: told,
    Step.CLAIM_PROPOSED: claim_proposed,
}
