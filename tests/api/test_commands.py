"""Commands over HTTP: one event, one answer, however often and however badly it is asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import NoneType
from typing import get_args

import pytest

from domain.case import cases
from domain.case.state import CaseCommand
from domain.flag_rules import RaiseFlag
from domain.intake import VoucherCommand
from domain.review import FlagCommand
from domain.words import COMMANDS
from service.api.commands import path_of
from service.api.parts import today
from service.app import Teten
from tests.api.conftest import Asker


def events(teten: Teten) -> int:
    return teten.log.head()


def attempts(teten: Teten) -> int:
    with teten.log.pool.connection() as connection:
        found = connection.execute("SELECT count(*) FROM commands WHERE code IS NOT NULL")
        return int(found.fetchall()[0][0])


def test_every_command_has_a_route_of_its_own(asker: Asker) -> None:
    paths = asker.get("/openapi.json").json()["paths"]
    routes = {path for path in paths if path.startswith("/v1/commands/")}
    assert routes == {f"/v1/commands/{path_of(name)}" for name in COMMANDS}


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
    assert asker.get(told["links"]["case"]).json()["stage"] == "offered"
    [event] = asker.enter("fin-1").get(told["links"]["events"]).json()["events"]
    assert (event["event"], event["actor"]) == ("ProgrammeOffered", "kons-1")
    assert event["cause"] == "POST /v1/commands/offer-programme"


def test_a_retry_gets_the_same_bytes_and_nothing_new_happens(asker: Asker, case_no: str) -> None:
    body = {"case_no": case_no, "reason": "Skal passe sin mor"}
    asker.ask("offer-programme", {"case_no": case_no})
    first = asker.ask("decline-offer", body, f"decline-{case_no}")
    before = events(asker.teten)
    again = asker.ask("decline-offer", body, f'"decline-{case_no}"')  # As HTTP writes a string.
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"] == '"3"'
    assert events(asker.teten) == before


def test_a_refusal_is_told_with_its_facts_and_again_in_the_same_bytes(
    asker: Asker, case_no: str
) -> None:
    first = asker.ask("accept-offer", {"case_no": case_no}, f"early-{case_no}")
    told = first.json()
    assert (first.status_code, told["title"]) == (409, "wrong_state")
    assert told["facts"] == {"stage": "registered"}
    assert told["detail"] and told["detail_da"]
    known = attempts(asker.teten)
    asker.ask("offer-programme", {"case_no": case_no})
    again = asker.ask("accept-offer", {"case_no": case_no}, f"early-{case_no}")
    assert again.content == first.content
    assert attempts(asker.teten) == known


def test_a_key_means_one_thing_for_one_asker(asker: Asker, case_no: str) -> None:
    key = f"shared-{case_no}"
    assert asker.ask("offer-programme", {"case_no": case_no}, key).status_code == 200
    reused = asker.ask("accept-offer", {"case_no": case_no}, key)
    assert (reused.status_code, reused.json()["title"]) == (422, "key_reused")
    other = asker.enter("fin-1").ask("freeze-payouts", FREEZE | {"key": case_no}, key)
    assert other.status_code == 200
    assert other.json()["command"] == f"api/fin-1/{key}"


FREEZE = {"scope": "case", "ground": "doubt"}


@pytest.mark.parametrize("field", ["id", "by", "at", "cause"])
def test_who_asks_and_when_is_never_the_bodys_to_say(
    asker: Asker, case_no: str, field: str
) -> None:
    before = events(asker.teten)
    told = asker.ask("offer-programme", {"case_no": case_no, field: "fin-1"})
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert events(asker.teten) == before


@pytest.mark.parametrize("key", ["010190-1234", "no spaces here", "x" * 65, ""])
def test_a_key_is_needed_and_is_nobodys_number(asker: Asker, case_no: str, key: str) -> None:
    headers = asker.headers | {"Idempotency-Key": key}
    body = {"programme": "TT", "case_no": case_no}
    told = asker.client.post("/v1/commands/offer-programme", json=body, headers=headers)
    assert (told.status_code, told.json()["title"]) == (422, "malformed")
    del headers["Idempotency-Key"]
    told = asker.client.post("/v1/commands/offer-programme", json=body, headers=headers)
    assert told.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"


def test_wrong_fields_are_pointed_at_without_their_values(asker: Asker, case_no: str) -> None:
    lines = [{"line_no": 1, "amount": "Anna Ærlig"}]
    told = asker.ask("submit-budget", {"case_no": case_no, "lines": lines, "colour": "green"})
    assert told.status_code == 422
    pointers = {each["pointer"] for each in told.json()["errors"]}
    assert {"/lines/0/amount", "/lines/0/route", "/colour"} <= pointers
    assert "Anna" not in told.text


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b""])
def test_what_is_no_object_of_json_is_said_to_be_none(asker: Asker, body: bytes) -> None:
    headers = asker.enter("kons-1").headers | {"Idempotency-Key": "k"}
    headers["Content-Type"] = "application/json"
    told = asker.client.post("/v1/commands/offer-programme", content=body, headers=headers)
    assert (told.status_code, told.json()["title"]) == (422, "malformed")


def test_a_character_that_cannot_be_stored_is_refused_wherever_it_stands(asker: Asker) -> None:
    asker.enter("kons-1")
    for body in ({"case_no": "A\0"}, {"programme": "T\0"}, {"case_no": "T-1", "note": "\0"}):
        assert asker.ask("accept-offer", body).status_code == 422
    assert asker.get("/v1/cases/%00").status_code == 404
    assert asker.get("/v1/cases?%00=1").status_code < 500
    assert asker.get("/v1/cases?programme=%00").status_code == 404


def test_words_end_in_the_vault_and_the_log_has_a_reference(asker: Asker, case_no: str) -> None:
    asker.ask("offer-programme", {"case_no": case_no})
    words = "Anna Ærlig vil hellere noget andet"
    done = asker.ask("decline-offer", {"case_no": case_no, "reason": words}).json()
    [event] = asker.teten.log.after(done["first_position"] - 1, 1)
    assert asker.teten.vault.read(event.event.reason) == words  # type: ignore[attr-defined]


# A case as it was seen last ----------------------------------------------------------------------


def test_a_command_on_a_case_that_has_moved_is_not_done(asker: Asker, case_no: str) -> None:
    seen = asker.get(f"/v1/cases/{case_no}").headers["etag"]
    assert asker.ask("offer-programme", {"case_no": case_no}, seen=seen).status_code == 200
    known = attempts(asker.teten)
    late = asker.ask("accept-offer", {"case_no": case_no}, f"late-{case_no}", seen=seen)
    assert (late.status_code, late.json()["title"]) == (412, "version_moved")
    assert (late.headers["etag"], late.json()["facts"]) == ('"2"', {"version": 2})
    assert attempts(asker.teten) == known  # It was no attempt, and the same key may try again.
    tag = late.headers["etag"]
    now = asker.ask("accept-offer", {"case_no": case_no}, f"late-{case_no}", seen=tag)
    assert now.status_code == 200


def test_a_retry_of_what_was_done_at_that_version_gets_its_answer(
    asker: Asker, case_no: str
) -> None:
    seen = '"1"'
    first = asker.ask("offer-programme", {"case_no": case_no}, f"once-{case_no}", seen=seen)
    again = asker.ask("offer-programme", {"case_no": case_no}, f"once-{case_no}", seen=seen)
    assert (again.status_code, again.content) == (200, first.content)


def test_of_many_who_saw_the_same_one_is_first(asker: Asker, case_no: str) -> None:
    asker.ask("offer-programme", {"case_no": case_no})

    def record(number: int) -> int:
        key = f"race-{case_no}-{number}"
        return asker.ask("accept-offer", {"case_no": case_no}, key, seen='"2"').status_code

    with ThreadPoolExecutor(8) as threads:
        found = sorted(threads.map(record, range(8)))
    assert found == [200] + 7 * [412]
    assert asker.teten.log.read(cases, f"case-{case_no}")[0] == 3


# Scope -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("seen", [None, '"1"'])
def test_a_case_out_of_reach_is_answered_like_one_that_is_not_there(
    asker: Asker, case_no: str, seen: str | None, *, dry: bool
) -> None:
    asker.enter("kons-2")
    for body in ({}, {"effective_on": str(today() + timedelta(days=2))}):
        foreign, missing = (
            asker.ask("offer-programme", {"case_no": each, **body}, dry=dry, seen=seen)
            for each in (case_no, "Z-9")
        )
        assert foreign.status_code >= 400
        assert foreign.status_code == missing.status_code
        assert foreign.text.replace(case_no, "Z-9") == missing.text
        assert foreign.headers.get("etag") == missing.headers.get("etag")
    assert asker.teten.log.read(cases, f"case-{case_no}")[0] == 1


def test_a_role_that_the_sign_in_does_not_grant_cannot_be_used(asker: Asker, case_no: str) -> None:
    asker.enter("both-1", roles=["controller"])
    told = asker.ask("assess-budget", {"case_no": case_no, "colour": "green"})
    assert (told.status_code, told.json()["title"]) == (403, "forbidden")


def test_asked_again_on_another_day_it_is_the_same_wish(asker: Asker, case_no: str) -> None:
    body = {"programme": "TT", "case_no": case_no, "by": "kons-1", "id": f"day-{case_no}"}
    yesterday = {"effective_on": str(today() - timedelta(days=1))}
    asker.teten.clerk.in_plain("OfferProgramme", body | yesterday)
    assert asker.teten.clerk.in_plain("OfferProgramme", body).again


WANTED = {
    "line_no": 1,
    "category": "transport",
    "amount": "100.00",
    "includes_vat": True,
    "route": "account",
    "legal_basis": "LAB-76",
    "funding": "AARHUS",
}


def test_nobody_takes_another_teams_case_out_of_a_group(asker: Asker, case_no: str) -> None:
    group, line = {"group": "HOLD-1"}, {"case_no": case_no, "line_no": 1}
    asker.ask("form-group", group)
    for command in ("offer-programme", "accept-offer"):
        asker.ask(command, {"case_no": case_no})
    asker.ask("submit-budget", {"case_no": case_no, "lines": [WANTED]})
    colleague = {"programme": "TT", "by": "both-1", "case_no": case_no, "colour": "green"}
    asker.teten.clerk.in_plain("AssessBudget", colleague)
    asker.ask("approve-line", line)
    assert asker.ask("join-group", group | line).status_code == 200
    foreign, missing = (
        asker.enter("kons-2").ask("leave-group", group | {"case_no": each})
        for each in (case_no, "Z-9")
    )
    assert (foreign.status_code, foreign.json()["title"]) == (404, "not_found")
    assert foreign.text.replace(case_no, "Z-9") == missing.text
    own = asker.enter("kons-1").ask("leave-group", group | {"case_no": case_no})
    assert own.status_code == 200


def test_a_command_on_a_case_is_known_as_one() -> None:
    named = {name for name, kind in COMMANDS.items() if "case_no" in kind.model_fields}
    of_case_or_none = (FlagCommand, RaiseFlag, VoucherCommand)
    known = (CaseCommand, *of_case_or_none)
    assert named == {name for name, kind in COMMANDS.items() if issubclass(kind, known)}
    for name in named:  # Whoever leaves the case out isn't asked whether it is theirs.
        kind = COMMANDS[name]
        may_be_none = NoneType in get_args(kind.model_fields["case_no"].annotation)
        assert may_be_none == issubclass(kind, of_case_or_none), name


@pytest.mark.parametrize("key", ["610190-1001", "6101901001", "case-610190-1001", "a:6101901001"])
def test_a_key_with_somebodys_number_in_it_is_not_written_down(
    asker: Asker, case_no: str, key: str
) -> None:
    told = asker.ask("offer-programme", {"case_no": case_no}, key)
    assert (told.status_code, told.json()["title"]) == (422, "malformed")
    assert key not in told.text
