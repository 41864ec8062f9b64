"""Reading: one's own write, nothing twice, long lists in pages, and the log for whoever follows it."""

import pytest

from domain.programme import Role, StaffMember
from service.app import Teten
from tests.api.conftest import Asker
from tests.examples import establish
from tests.examples_rules import assign_roles
from tests.service.conftest import served
from tests.service.test_log import fresh


def test_a_read_after_a_write_counts_it_in(asker: Asker) -> None:
    case_no = asker.new_case()
    done = asker.ask("offer-programme", {"case_no": case_no}).json()
    told = asker.get(f"/v1/cases?after={done['last_position']}").json()
    assert {each["case_no"]: each["stage"] for each in told}[case_no] == "offered"


def test_a_position_that_there_is_not_is_said_not_to_be(asker: Asker) -> None:
    told = asker.enter("kons-1").get(f"/v1/cases?after={asker.teten.log.head() + 1}")
    assert (told.status_code, told.json()["title"]) == (422, "not_known")


@pytest.mark.parametrize("path", ["/v1/report", "/v1/funds", "/v1/cases", "/v1/statements"])
def test_what_has_not_changed_is_not_sent_again(asker: Asker, path: str) -> None:
    asker.new_case()
    asker.enter("fin-1")
    first = asker.get(path)
    seen = {"If-None-Match": first.headers["etag"]}
    same = asker.get(path, **seen)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    assert asker.get(f"{path}?as_of=2019-04-01", **seen).status_code == 200
    assert asker.enter("both-1").get(path, **seen).status_code == 200  # Another asker's.
    asker.new_case()
    assert asker.enter("fin-1").get(path, **seen).status_code == 200


def test_a_tag_of_a_case_out_of_reach_says_nothing(asker: Asker) -> None:
    case_no = asker.new_case()
    seen = {"If-None-Match": asker.get(f"/v1/cases/{case_no}").headers["etag"]}
    assert asker.enter("kons-2").get(f"/v1/cases/{case_no}", **seen).status_code == 404


def pages(asker: Asker, path: str) -> list[list[object]]:
    found = []
    while path:
        answer = asker.get(path)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        link = answer.headers.get("link", "")
        assert not link or link.endswith('; rel="next"')
        path = link.partition(">")[0].removeprefix("<")
    return found


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/payouts", "/v1/payouts?as_of=2019-12-31"])
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_pages_are_the_list(asker: Asker, path: str, limit: int) -> None:
    asker.enter("fin-1")
    whole = asker.get(path).json()
    joined = pages(asker, path + ("&" if "?" in path else "?") + f"limit={limit}")
    assert [each for page in joined for each in page] == whole
    assert all(len(page) <= limit for page in joined)


def test_a_cursor_is_of_its_query_and_its_asker(asker: Asker) -> None:
    link = asker.enter("fin-1").get("/v1/cases?limit=1").headers["link"]
    path = link.partition(">")[0].removeprefix("<")
    assert asker.get(path).status_code == 200
    cursor = path.rpartition("cursor=")[2]
    others = [f"/v1/payouts?cursor={cursor}", f"{path}&as_of=2019-01-01", f"{path[:-8]}AAAAAAAA"]
    for other in [*others, "/v1/cases?cursor=%C3%A6", "/v1/cases?cursor="]:
        told = asker.get(other)
        assert (told.status_code, told.json()["title"]) == (422, "cursor_invalid"), other
    assert asker.enter("both-1").get(path).status_code == 422


def test_the_feed_is_the_log_in_order_and_without_gaps(asker: Asker) -> None:
    asker.enter("fin-1")
    found, path = [], "/v1/events?limit=40"
    while path:
        told = asker.get(path).json()
        found += told["events"]
        path = told["next"]
    log = list(asker.teten.log.everything())
    assert [each["position"] for each in found] == [each.position for each in log]
    assert found[7]["data"] == log[7].event.model_dump(mode="json")
    assert asker.enter("kons-1").get("/v1/events").status_code == 403


def test_the_log_of_all_programmes_is_not_for_whoever_belongs_to_one(teten: Teten) -> None:
    teten.log.handle(fresh(establish()))
    abroad = StaffMember(person="rev-9", roles=(Role.AUDITOR,))
    staff = (abroad, StaffMember(person="system", roles=(Role.SYSTEM,)))
    teten.log.handle(fresh(establish(programme="OTHER", staff=staff)))
    teten.checkpoints.make()
    with served(teten, "rev-9") as client:
        for path in ("/v1/events", "/v1/events?programme=OTHER", "/v1/events/1/proof"):
            assert client.get(path).status_code == 403, path
    teten.log.handle(fresh(assign_roles(person="rev-9", roles=(Role.AUDITOR,))))
    with served(teten, "rev-9") as client:
        assert client.get("/v1/events").status_code == 200
        assert client.get("/v1/events/1/proof").status_code == 200
