"""The service over HTTP: what it answers, what it says of itself, and what it never tells."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service import logging
from service.api import create_app
from service.app import Teten
from service.followers import Follower
from tests.conftest import import_into, log_quietly
from tests.data_sets import tiny
from tests.service.test_people import column

LATER = date(2026, 11, 22)
DAY = date(2017, 5, 31)
EVERY_TENTH = [f"LTT-{number:03}" for number in range(6, 206, 10)]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What is logged meanwhile, as it would be on standard error."""
    stream = StringIO()
    with redirect_stderr(stream):
        logging.configure()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    log_quietly()


def problem(answer: Response, status: int, title: str) -> dict[str, Any]:
    """The answer is a problem as RFC 9457 has it, in both languages."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"], told["title"]) == (status, status, title)
    assert told["type"] == f"/problems/{title}"
    assert told["detail"]
    assert told["detail_da"]
    return told


# Health ------------------------------------------------------------------------------------------


READY: dict[str, Any] = {
    "ready": True,
    "database": True,
    "follower": True,
    "waits": None,
    "behind": 0,
    "late": {},
    "troubled": {},
}


def test_the_process_says_that_it_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_it_is_ready_when_the_database_answers_and_the_figures_are_fresh(
    client: TestClient, pilot: Teten
) -> None:
    pilot.rows.catch_up()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == READY


def test_it_is_not_ready_when_the_follower_has_died(pilot: Teten) -> None:
    follower = Follower(pilot.url, pilot.rows, died=lambda: None)
    follower.start()
    answering = TestClient(create_app(pilot, follower))
    assert answering.get("/readyz").status_code == 200
    follower.stop()
    answer = answering.get("/readyz")
    assert (answer.status_code, answer.json()["follower"]) == (503, False)
    assert answering.get("/healthz").status_code == 200


def test_without_its_database_it_is_not_ready_and_says_so_wherever_it_is_asked(
    own: TestClient, teten: Teten
) -> None:
    teten.log.pool.close()
    problem(own.get("/v1/report"), 503, "unavailable")
    answer = own.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def test_rows_of_a_projection_of_an_earlier_version_hold_nothing_up(
    own: TestClient, teten: Teten, tmp_path: Path
) -> None:
    import_into(teten, tiny(tmp_path / "data"))
    with teten.log.pool.connection() as connection:
        connection.execute("INSERT INTO projections.progress VALUES ('balances-0', 5, 5)")
    assert own.get("/v1/report").status_code == 200
    assert own.get("/readyz").json()["behind"] == 0


# Figures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_of", [None, DAY], ids=str)
def test_the_report_is_the_one_of_the_command_line(
    client: TestClient, pilot: Teten, as_of: date | None
) -> None:
    with pilot.reports("LTT") as reports:
        expected = reports.report(as_of, LATER)
    asked = {"as_of": str(as_of)} if as_of else {}
    assert client.get("/v1/report", params=asked).json() == expected
    assert client.get("/v1/report", params=asked | {"programme": "LTT"}).json() == expected


def test_the_business_case_and_the_statements_are_there(client: TestClient, pilot: Teten) -> None:
    with pilot.reports("LTT") as reports:
        assert client.get("/v1/statements").json() == reports.statements()
        case = reports.business_case()
    assert case
    assert client.get("/v1/business-case").json() == case.model_dump(mode="json")
    before_anybody = client.get("/v1/business-case", params={"as_of": "2016-03-01"})
    assert before_anybody.json() is None


@pytest.mark.parametrize("as_of", ["31-05-2017", "2017-02-30", "soon", "2017-05-31\0", "1"])
def test_a_day_that_is_none_is_a_problem(client: TestClient, as_of: str) -> None:
    told = problem(client.get("/v1/report", params={"as_of": as_of}), 422, "malformed")
    assert told["detail"].startswith("as_of: ")


@pytest.mark.parametrize("path", ["/v1/report", "/v1/business-case", "/v1/statements", "/v1/cases"])
def test_a_programme_that_there_is_none_of_is_a_problem(client: TestClient, path: str) -> None:
    told = problem(client.get(path, params={"programme": "XX"}), 404, "not_found")
    assert "known: LTT" in told["detail"]


def test_where_there_is_nothing_yet_the_problem_says_what_to_do(own: TestClient) -> None:
    told = problem(own.get("/v1/report"), 404, "not_found")
    assert "teten import" in told["detail"]
    assert "teten import" in told["detail_da"]
    assert own.get("/readyz").json() == READY


# Cases -------------------------------------------------------------------------------------------


def test_every_case_is_listed_by_number_and_by_nobodys_name(
    client: TestClient, pilot: Teten
) -> None:
    listed = client.get("/v1/cases").json()
    assert [each["case_no"] for each in listed] == [f"LTT-{n:03}" for n in range(1, 207)]
    stages = [each["stage"] for each in listed]
    assert (stages.count("declined"), stages.count("completed")) == (109, 81)
    assert set(listed[0]) == {"case_no", "phase", "caseworker", "stage", "outcome"}


@pytest.mark.parametrize("case_no", EVERY_TENTH)
def test_a_cases_balances_are_the_reports(client: TestClient, pilot: Teten, case_no: str) -> None:
    figures = client.get("/v1/report").json()
    case = client.get(f"/v1/cases/{case_no}").json()
    if case["lines"]:
        assert case["balance"] == figures["case"][case_no]
    for line in case["lines"]:
        assert line["balance"] == figures["line"][f"{case_no}/{line['line_no']}"]


@pytest.mark.parametrize("case_no", EVERY_TENTH)
def test_a_cases_timeline_tells_everything_that_happened_in_order(
    client: TestClient, pilot: Teten, case_no: str
) -> None:
    timeline = client.get(f"/v1/cases/{case_no}").json()["timeline"]
    happened = [
        type(entry.event).__name__
        for entry in pilot.log.after(0, 10_000)
        if entry.stream == f"case-{case_no}"
    ]
    assert [told["event"] for told in timeline] == happened
    positions = [told["position"] for told in timeline]
    assert positions == sorted(positions)
    assert all(told["sentence"] and told["actor"] for told in timeline)


def test_a_case_says_what_was_asked_granted_and_paid(client: TestClient) -> None:
    case = client.get("/v1/cases/LTT-001").json()
    assert (case["programme"], case["stage"], case["caseworker"]) == ("LTT", "completed", "kons-03")
    first = case["lines"][0]
    assert (first["route"], first["category"], first["funding"]) == ("card", "clothes", "VELUX")
    assert first["asked"] == first["granted"] == "1950.00"
    assert {tranche["stage"] for line in case["lines"] for tranche in line["tranches"]} == {
        "settled"
    }
    # The pilot knew none of these.
    assert (case["suited"], case["trajectory"], case["changes"]) == (None, {}, [])
    assert first["fits"] is None


def test_nothing_that_is_answered_tells_whose_it_is(client: TestClient) -> None:
    answers = [client.get(f"/v1/cases/{case_no}") for case_no in EVERY_TENTH]
    answers += [client.get(path) for path in ("/v1/report", "/v1/cases", "/v1/statements", "/")]
    told = "\n".join(answer.text for answer in answers)
    for name in ("cpr", "name", "account"):
        assert not [value for value in column("cases.csv", name) if value in told]


@pytest.mark.parametrize(
    "case_no", ["LTT-999", "ltt-001", "LTT-001 ", "%00", "LTT-001%00", "æ", "'"]
)
def test_a_case_that_there_is_none_of_is_a_problem(client: TestClient, case_no: str) -> None:
    problem(client.get(f"/v1/cases/{case_no}"), 404, "not_found")


def test_a_case_number_without_end_is_a_problem(client: TestClient) -> None:
    problem(client.get(f"/v1/cases/{'9' * 65}"), 422, "malformed")


# Every answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v2/report", "/v1/", "/docs", "/redoc", "/favicon.ico"])
def test_a_path_that_leads_nowhere_is_a_problem(client: TestClient, path: str) -> None:
    problem(client.get(path, follow_redirects=False), 404, "not_found")


@pytest.mark.parametrize("path", ["/v1/report", "/healthz", "/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_can_only_be_read_is_not_written(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    if path == "/":
        assert answer.status_code == 405
        assert "Det kan man ikke gøre her." in answer.text
    else:
        problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?as_of=soon", "/style.css", "/healthz", "/readyz", "/openapi.json", "/nowhere"),
        *("/v1/report", "/v1/report?as_of=soon", "/v1/report?programme=XX", "/v1/cases/LTT-999"),
    ],
)
def test_every_answer_is_guarded_and_numbered(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-request-id"])


def test_a_request_id_is_given_back(client: TestClient) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": "trace-abcdefghij"})
    assert answer.headers["x-request-id"] == "trace-abcdefghij"


@pytest.mark.parametrize("asked", ["short", "x" * 65, "with space", "with\tmore", "<script>1", ""])
def test_a_request_id_of_another_shape_is_replaced(client: TestClient, asked: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": asked})
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-request-id"])


def test_what_fails_unforeseen_is_a_problem_and_its_log_line_quotes_nothing(
    own: TestClient, teten: Teten, tmp_path: Path, lines: Lines
) -> None:
    """A row that no projection writes: what stands in it must not end in the log."""
    import_into(teten, tiny(tmp_path / "data"))
    teten.rows.catch_up()
    with teten.log.pool.connection() as connection:
        connection.execute("""UPDATE projections.rows SET body = '{"since": "Anna Ærlig"}'""")
    answer = own.get("/v1/report")
    problem(answer, 500, "failed")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    failed, request = lines()[-2:]
    assert (failed["level"], failed["event"]) == ("error", "failed")
    assert failed["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    assert request["status"] == 500
    assert "Anna" not in json.dumps([failed, request], ensure_ascii=False) + answer.text


# What is logged ----------------------------------------------------------------------------------


def test_a_log_line_names_the_request_and_its_route_and_nobody(
    client: TestClient, lines: Lines
) -> None:
    asked = {"X-Request-ID": "trace-abcdefghij"}
    client.get("/v1/cases/LTT-066?programme=LTT", headers=asked)
    [line] = lines()
    assert (line["event"], line["method"], line["status"]) == ("request", "GET", 200)
    assert (line["route"], line["request_id"]) == ("/v1/cases/{case_no}", "trace-abcdefghij")
    assert line["milliseconds"] > 0
    assert "LTT-066" not in json.dumps(line)


@pytest.mark.parametrize("path", ["/v1/cases/LTT-999", "/nobody/LTT-066", "/?as_of=LTT-066"])
def test_what_went_wrong_is_logged_without_what_was_asked_for(
    client: TestClient, lines: Lines, path: str
) -> None:
    answer = client.get(path)
    [line] = lines()
    assert line["status"] == answer.status_code >= 400
    assert "LTT-" not in json.dumps(line)


# The description ---------------------------------------------------------------------------------


def test_the_api_describes_itself(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) >= {
        *("/healthz", "/readyz", "/v1/report", "/v1/business-case", "/v1/statements"),
        *("/v1/cases", "/v1/cases/{case_no}"),
    }
    references = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described))
    assert set(references) <= set(described["components"]["schemas"])
