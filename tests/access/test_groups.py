"""A group's participants are of several teams: none of them is sent away by another's caseworker."""

from domain.case import cases
from domain.group import groups
from service.app import Teten
from tests.examples import establish
from tests.examples_expenses import in_a_group
from tests.service.conftest import served, signed_in
from tests.service.test_log import fresh


def test_a_participant_out_of_reach_is_answered_like_a_case_that_is_not_there(
    teten: Teten,
) -> None:
    for command in (establish(), *in_a_group("A-1", "B-1")):
        teten.log.handle(fresh(command))
    told = {}
    with served(teten, None) as client:
        signed_in(client, teten, "kons-2")
        assert teten.log.state(cases, "A-1").caseworker == "kons-1"
        token = client.cookies["teten_session"]
        client.cookies.clear()
        for case_no in ("A-1", "C-9"):
            answer = client.post(
                "/v1/commands/leave-group",
                json={"programme": "NP", "group": "HOLD-1", "case_no": case_no},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"leave-{case_no}"},
            )
            told[case_no] = answer.status_code, answer.text.replace(case_no, "C-9")
    assert told["A-1"] == told["C-9"]
    assert told["A-1"][0] == 404
    assert "A-1" in teten.log.state(groups, "NP", "HOLD-1").participants
