"""Stories are told aloud when output isn't captured: under a title, and without a dot after each."""

from collections.abc import Iterator

import pytest

from service.app import Teten
from tests.domain.reckoning_duties import two_people_everywhere


@pytest.fixture(autouse=True)
def title(request: pytest.FixtureRequest) -> None:
    name = request.node.name.removeprefix("test_").replace("_", " ")
    print(f"\n\n{request.module.__doc__}\n{name.capitalize()}.")


@pytest.fixture(autouse=True)
def nobody_has_two_parts_in_one_matter(teten: Teten) -> Iterator[None]:
    """Whatever a story tells."""
    yield
    assert two_people_everywhere(teten.log.everything())


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    aloud = config.getoption("capture") == "no"
    return ("passed", "", "") if aloud and report.when == "call" and report.passed else None
