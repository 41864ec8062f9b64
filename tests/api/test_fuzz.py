"""A short run of `python -m tests.api.fuzz`: every operation, at random, by every role."""

from service.settings import Settings
from tests.api.fuzz import Fuzz, ready


def test_nothing_that_is_asked_at_random_is_an_error_or_a_surprise(settings: Settings) -> None:
    with ready(settings) as (teten, app):
        fuzz = Fuzz(teten, app, 7)
        fuzz.run(350)
    assert not fuzz.failures, "\n".join(fuzz.failures)
    assert fuzz.requests >= 350
