"""Good examples of flags: raised by a rule, looked at, answered, and a claim that rests on one."""

from datetime import date, timedelta
from typing import Any

from domain.flag_rules import ChangeFlagRule, RaiseFlag, RuleStage, ShippedRule
from domain.flags import Evidence, flag_id
from domain.money import kr
from domain.review import AssignFlag, DismissFlag, MuteFlag, ReopenFlag, UpholdFlag
from domain.words import Command
from tests.examples import ASKED, SETTLED, WORDS, example, hand_in
from tests.examples_claims import PAID, raise_claim
from tests.scenario import DAY

FLAG = flag_id("round-sums", 1, "A-1/K-1")
UNTIL = DAY + timedelta(days=30)
# Nobody's part in the payments of the examples: neither grants nor orders, nor accepts.
REVIEWER = "kons-2"

evidence = example(Evidence, event="ReceiptHandedIn", position=12, case_no="A-1", ref="K-1")
raise_flag = example(
    RaiseFlag,
    **ASKED | {"by": "system"},
    rule="round-sums",
    version=1,
    parameters={"whole_kroner": 500, "where": "account"},
    key="A-1/K-1",
    case_no="A-1",
    line_no=1,
    amount=kr(2_000),
    sentence_da="Kvittering K-1 er på 2.000,00 kr., et rundt beløb.",
    sentence_en="Receipt K-1 is of 2,000.00 kr., a round sum.",
    evidence=(evidence(),),
    found_on=date(2019, 3, 6),
)
ON_FLAG: dict[str, Any] = ASKED | {"by": REVIEWER, "case_no": "A-1", "flag": FLAG}
assign_flag = example(AssignFlag, **ON_FLAG, to=REVIEWER)
mute_flag = example(MuteFlag, **ON_FLAG, until=UNTIL, reason=WORDS)
dismiss_flag = example(DismissFlag, **ON_FLAG, reason=WORDS)
uphold_flag = example(UpholdFlag, **ON_FLAG, amount=kr(1_500), reason=WORDS)
reopen_flag = example(ReopenFlag, **ON_FLAG)
SHIPPED = ShippedRule(
    version=1, stage=RuleStage.LIVE, parameters={"whole_kroner": 500, "where": "account"}
)
change_flag_rule = example(
    ChangeFlagRule,
    **ASKED | {"by": "adm-1"},
    rule="round-sums",
    stage=RuleStage.LIVE,
    version=2,
    parameters={"whole_kroner": 1_000, "where": "account"},
    shipped=SHIPPED,
)


def claim_on_flag(**but: Any) -> Command:
    return raise_claim(**{"flag": FLAG, "words": None} | but)


# Stories -----------------------------------------------------------------------------------------

FLAGGED = SETTLED.does(hand_in(), raise_flag())
UPHELD = FLAGGED.does(uphold_flag())
UPHELD_WITH_HEARINGS = PAID.does(hand_in(), raise_flag(), uphold_flag())

EVERY_FLAG: list[Command] = [
    raise_flag(),
    assign_flag(),
    mute_flag(),
    reopen_flag(reason=WORDS),
    dismiss_flag(),
    reopen_flag(),
    uphold_flag(),
    change_flag_rule(reason=WORDS),
    raise_flag(rule="odd-hours"),
    raise_flag(rule="one-approver", key="fin-1", case_no=None, line_no=None, about="fin-1"),
]
