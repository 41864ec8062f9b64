"""What decisions must remember of one repayment claim (tilbagebetalingskrav) that goes by a hearing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.money import ZERO, Money


class ClaimStage(StrEnum):
    RAISED = "raised"
    HEARING = "hearing"
    DECIDED = "decided"
    DROPPED = "dropped"
    CLOSED = "closed"  # Decided, nothing is left of it, and no appeal is open.

    @property
    def undecided(self) -> bool:
        return self in (ClaimStage.RAISED, ClaimStage.HEARING)


@dataclass(frozen=True)
class Claim:
    ref: str
    amount: Money  # As raised; once decided, as latest decided.
    kind: str
    raised_by: str
    flag: str = ""  # That it rests on; empty: on none.
    raised: Money = ZERO  # As raised, whatever was decided.
    stage: ClaimStage = ClaimStage.RAISED
    deadline: date | None = None  # Of the hearing.
    answered: bool = False
    decided_by: str = ""  # Whoever decided latest: an upheld appeal is a new decision.
    appeal_open: bool = False
    repaid: Money = ZERO  # Or set off, less what was refunded.
    written_off: Money = ZERO
    refund: Money = ZERO  # Ordered, and not settled by the bank.
    refunded: Money = ZERO  # The latest refund settled, which may still come back.

    @property
    def stands(self) -> bool:
        """It didn't come to nothing."""
        return self.stage is not ClaimStage.DROPPED

    @property
    def left(self) -> Money:
        """Negative: the citizen paid more than an upheld appeal left of the claim, and is owed it."""
        if self.stage.undecided or not self.stands:
            return ZERO
        return self.amount - self.repaid - self.written_off

    @property
    def over(self) -> bool:
        """Nothing is left of it, and nothing is being asked about it."""
        return self.stage is ClaimStage.DECIDED and not self.left and not self.appeal_open
