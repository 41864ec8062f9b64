"""An auditor looks at some payments of a year, which nobody chose, and says what that proves of all."""

from domain.money import ZERO, kr
from domain.sampling.evaluation import Conclusion
from domain.sampling.samples import SampleClosed, SampleDrawn
from projections.audit_trail import CODES
from service.app import Teten
from service.sampling import SampleView, redrawn, sample_view
from tests.stories.schemes import line, scheme
from tests.stories.town import Town

TETEN = scheme(
    "Langtidsledige tager teten",
    start="2018-01-01",
    end="2018-12-31",
    bases={"LAB-32": "KOMMUNEN"},
    categories={"course": "Kurser"},
)
YEAR = {"kind": "payments", "first_day": "2018-01-01", "last_day": "2018-12-31"}
SURE = {"confidence": 95, "materiality": "20000.00", "expected": "1000.00"}
SAMPLE = {"sample": "R-2018"}


def test_nobody_picks_what_the_auditor_looks_at(teten: Teten) -> None:
    town = Town(teten, "LTT", TETEN, {"KOMMUNEN": 252_000})
    twenty_citizens_are_paid(town)
    the_population_is_fixed_and_then_drawn(town)
    rita_looks_at_every_item(town)
    what_she_found_tells_of_all(town)


def twenty_citizens_are_paid(town: Town) -> None:
    with town.briefly("Nineteen citizens are paid 2,000 kr., and one 10,000 kr."):
        for number in range(1, 21):
            case_no = f"A-{number}"
            town.takes_part(case_no)
            town.is_granted(case_no, line(1, "course", 12_000, "LAB-32", "KOMMUNEN"))
            town.orders(case_no, 1, f"T-{number}", 10_000 if number == 7 else 2_000)
        town.on("2018-02-01")
        town.bank_pays()


def the_population_is_fixed_and_then_drawn(town: Town) -> None:
    town.tells("The auditor says what she wants to look at, and how sure she must be.")
    town.on("2018-03-01")
    with town.refused("forbidden", needs=["auditor"]):
        town.finn.does("FixPopulation", **SAMPLE, **YEAR, **SURE)
    town.rita.does("FixPopulation", **SAMPLE, **YEAR, **SURE)
    with town.refused("no_checkpoint"):
        town.rita.does("DrawSample", **SAMPLE)

    town.tells(
        "One more payment comes: too late for this sample. Then the log is signed, and draws."
    )
    town.takes_part("A-21")
    town.is_granted("A-21", line(1, "course", 12_000, "LAB-32", "KOMMUNEN"))
    town.orders("A-21", 1, "T-21", 10_000)
    town.bank_pays()
    assert town.teten.checkpoints.make()
    [drawn] = town.rita.does("DrawSample", **SAMPLE)
    assert isinstance(drawn, SampleDrawn)
    refs = {item.ref for item in drawn.items}
    assert "T-7" in refs  # More than an interval: always looked at.
    assert "T-21" not in refs
    assert len(refs) in {7, 8}  # And one for each 6,092.49 kr. of the 38,000.00.
    with town.refused("wrong_state"):
        town.rita.does("DrawSample", **SAMPLE)
    again = redrawn(town.teten.log, town.teten.checkpoints, "LTT", "R-2018")
    assert [each.same for each in again] == [True] * 4


def rita_looks_at_every_item(town: Town) -> None:
    town.tells("She looks at every item, and finds 9,000 kr. behind the large payment.")
    with town.refused("not_in_sample"):
        town.rita.does("EnterResult", **SAMPLE, item=1, audited="0.00")
    for each in view(town).items:
        told = {**SAMPLE, "item": each.position}
        if each.certain:
            town.rita.does("EnterResult", **told, missing=True, audited="0.00")
            found = {"audited": "9000.00", "reason": "Fakturaen lå i en anden mappe."}
            town.rita.does("CorrectResult", **told, **found)
        else:
            town.rita.does("EnterResult", **told, audited=str(each.amount))


def what_she_found_tells_of_all(town: Town) -> None:
    [closed] = town.rita.does("CloseSample", **SAMPLE)
    assert isinstance(closed, SampleClosed)
    over, under = closed.overstated, closed.understated
    assert (over.errors, over.known, over.projected) == (1, kr(1_000), kr(1_000))
    assert over.basic_precision == under.upper_limit == kr(18_251, 89)
    assert over.upper_limit == kr(19_251, 89)
    assert under.projected == ZERO
    assert closed.conclusion is Conclusion.WITHIN
    town.tells(
        f"With 95 % confidence, at most {over.upper_limit.danish()} kr. of 48.000,00 kr. is wrong: "
        f"{CODES[closed.conclusion]}."
    )
    [reason] = [each.reason for each in view(town).items if each.reason]
    assert town.teten.vault.read(reason) == "Fakturaen lå i en anden mappe."

    town.on("2018-04-03")
    town.closes("2018-01", "2018-02", "2018-03")
    town.stands_at(
        granted=252_000,
        paid=58_000,
        advance_paid=58_000,
        undocumented=58_000,
        committed=194_000,
        available=0,
    )
    town.recomputed()


def view(town: Town) -> SampleView:
    with town.teten.rows.snapshot() as snapshot:
        found = sample_view(snapshot, "LTT", "R-2018")
    assert found
    return found
