"""The auditors' samples as rows: how each was fixed, drawn, looked at and closed."""

from domain.money import ZERO, kr
from domain.sampling.evaluation import Conclusion
from projections.samples import AuditSample, samples
from tests.examples import ESTABLISHED, WORDS
from tests.examples_sampling import close, correct, draw, enter, fix, found
from tests.scenario import DAY, Story, fold

FIXED = ESTABLISHED.does(fix())
DRAWN = FIXED.does(draw())


def row(story: Story) -> AuditSample:
    return fold(samples, story.log)["sample-NP/R-1"]


def test_a_fixed_sample_waits_for_its_checkpoint() -> None:
    told = row(FIXED)
    assert (told.stage, told.fixed_by, told.fixed_on) == ("fixed", "rev-1", DAY)
    assert told.fixed_at == FIXED.log[-1].position
    assert (told.population.kind, told.population.materiality) == ("payments", kr(900))
    assert (told.items, told.evaluation()) == ((), None)


def test_a_drawn_sample_has_its_items_and_says_what_the_results_so_far_say() -> None:
    told = row(DRAWN)
    assert (told.stage, told.drawn_on) == ("drawn", DAY)
    assert [each.position for each in told.items] == [1, 2, 3]
    so_far = told.evaluation()
    assert so_far
    assert so_far.overstated.errors == 0


def test_a_result_is_as_it_was_told_last() -> None:
    told = row(DRAWN.does(enter(audited=ZERO, missing=True), correct()))
    assert list(told.results) == [1]
    result = told.results[1]
    assert (result.audited, result.missing, result.corrected) == (kr(4_000), False, 1)
    assert (result.by, result.on, result.reason) == ("rev-1", DAY, WORDS)


def test_a_closed_sample_says_what_it_was_closed_with() -> None:
    told = row(DRAWN.does(*found({1: kr(4_000)}), close()))
    assert (told.stage, told.closed_on) == ("closed", DAY)
    evaluation = told.evaluation()
    assert told.closed
    assert evaluation
    assert told.closed.overstated == evaluation.overstated
    assert evaluation.conclusion is Conclusion.ABOVE
