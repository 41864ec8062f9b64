"""Commands over HTTP: one event, one answer, however often and however badly it is asked for."""

from tests.api.conftest import Asker


def test_a_command_is_answered_with_its_positions_versions_and_links(
    asker: Asker, case_no: str
) -> None:
    done = asker.ask("offer-programme", {"case_no": case_no}, "offer")
    told = done.json()
    assert done.status_code == 200, done.text
    assert told["command"] == "api/kons-1/offer"
    assert told["streams"] == {f"case-{case_no}": 2}
    assert told["first_position"] == told["last_position"]
    assert (done.headers["etag"], done.headers["idempotency-replayed"]) == ('"2"', "false")
    case = asker.get(told["links"]["case"])
    assert case.json()["stage"] == "offered"
    [event] = asker.get(told["links"]["events"]).json()["events"] if asker.enter("fin-1") else []
    assert (event["event"], event["actor"]) == ("ProgrammeOffered", "kons-1")
    assert event["cause"] == "POST /v1/commands/offer-programme"
