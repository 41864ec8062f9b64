"""Stories are told aloud when output isn't captured: under a title, and without a dot after each."""

import pytest


@pytest.fixture(autouse=True)
def title(request: pytest.FixtureRequest) -> None:
    name = request.node.name.removeprefix("test_").replace("_", " ")
    print(f"\n\n{request.module.__doc__}\n{name.capitalize()}.")


def pytest_report_teststatus(
    report: pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    aloud = config.getoption("capture") == "no"
    return ("passed", "", "") if aloud and report.when == "call" and report.passed else None
