"""What was known earlier: a correction changes an old day's report, and not what was known of that day."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.money import kr
from projections.balances import balances
from service.app import Teten
from service.clerk import DANISH_TIME
from service.history import Side, difference
from service.known import NotKnown, Replays, parse
from service.replay import FIGURES, Replayed
from tests import examples
from tests.service.conftest import served
from tests.service.test_overdocumented import enter
from tests.service.test_page import page, text

TODAY = date(2026, 11, 22)
DAY = date(2019, 3, 20)
LATE = date(2019, 4, 10)


def undocumented(teten: Teten, as_of: date, known: Any = None) -> str:
    with teten.reports("NP", known) as reports:
        told: str = reports.report(as_of, TODAY)["line"]["A-1/1"]["undocumented"]
        return told


def paid_without_receipts(teten: Teten, **programme: Any) -> int:
    """A citizen is paid 5,000 kr., and nothing is accounted for. The log's head."""
    enter(teten, examples.establish(**programme), *examples.assessing(), examples.approve_line())
    enter(teten, *examples.payment(), examples.hand_in())
    return teten.log.head()


def test_a_receipt_entered_late_changes_the_old_day_and_not_what_was_known_of_it(
    teten: Teten, own: TestClient
) -> None:
    before = paid_without_receipts(teten)
    assert undocumented(teten, DAY) == "5000.00"
    # When it is accepted weeks later, with effect from the day on which it was handed in
    enter(teten, examples.accept_receipt(effective_on=DAY))
    assert undocumented(teten, DAY) == "3000.00"
    assert undocumented(teten, DAY, before) == "5000.00"
    assert undocumented(teten, DAY, teten.log.head()) == "3000.00"
    # Then the two are told apart everywhere
    for path in ("/v1/report", "/v1/funds", "/v1/cases", "/v1/cases/A-1", "/v1/payouts"):
        now, then = (own.get(path, params={"known": known}) for known in ("", str(before)))
        assert (now.status_code, then.status_code) == (200, 200)
        assert (now.json() != then.json()) == (path in ("/v1/report", "/v1/cases/A-1"))
    told = own.get("/v1/difference", params={"from": f"{before}@{DAY}", "to": f"@{DAY}"}).json()
    [line] = [
        each
        for each in told["amounts"]
        if (each["dimension"], each["amount"]) == ("line", "undocumented")
    ]
    assert (line["before"], line["after"], line["change"]) == ("5000.00", "3000.00", "-2000.00")
    [news] = line["events"]
    assert (news["event"], news["position"]) == ("ReceiptAccepted", before + 1)
    for path in ("/", "/cases", "/cases/A-1", "/cases/A-1/steps"):
        [note] = page(own, f"{path}?known={before}").xpath("//p[@role='note']")
        assert f"til og med position {before}" in text(note)


def test_what_was_known_at_the_head_is_what_is_known_now(teten: Teten, own: TestClient) -> None:
    head = paid_without_receipts(teten)
    for path in ("/v1/report", "/v1/funds", "/v1/cases", "/v1/payouts", "/v1/cases/A-1"):
        assert own.get(path).json() == own.get(path, params={"known": head}).json()
    for path in ("/v1/business-case", "/v1/statements", "/v1/cases/A-1/steps"):
        assert own.get(path).json() == own.get(path, params={"known": head}).json()


def test_before_the_first_event_there_is_no_programme(teten: Teten, own: TestClient) -> None:
    paid_without_receipts(teten)
    for known in ("0", "2019-01-01 12:00"):
        assert own.get("/v1/report", params={"known": known}).status_code == 404
        assert own.get("/v1/cases/A-1", params={"known": known}).status_code == 404
        page(own, f"/?known={known}", status=404)


def test_what_is_no_moment_is_told_in_both_languages(own: TestClient) -> None:
    beyond = ("0001-01-01T00:00+14:00", "9999-12-31T23:30Z")
    for known in ("yesterday", "-1", "2019-13-01", "999999", "1.5", *beyond):
        answer = own.get("/v1/report", params={"known": known})
        assert answer.status_code == 422
        told = answer.json()
        assert told["title"] == "not_known"
        assert told["detail"] != told["detail_da"]
        found = page(own, f"/?known={known.replace('+', '%2B')}", status=422)
        assert text(found.find(".//p[@role='alert']")) == told["detail_da"]


def test_a_moment_is_danish_time_and_a_day_is_all_of_it() -> None:
    assert parse(" 12 ") == 12
    summer = datetime(2017, 5, 31, 12, 30, tzinfo=UTC)
    assert parse("2017-05-31 14:30") == parse("2017-05-31T12:30Z") == summer
    assert parse("2017-01-31 14:30") == datetime(2017, 1, 31, 13, 30, tzinfo=UTC)
    assert parse("2017-05-31") == datetime(2017, 5, 31, 21, 59, 59, 999_999, tzinfo=UTC)
    with pytest.raises(NotKnown):
        parse("2017-05-32")


def test_a_moment_is_the_last_position_recorded_by_then(teten: Teten) -> None:
    paid_without_receipts(teten)
    log = list(teten.log.everything())
    for entry in log:
        later = [other for other in log if other.recorded_at > entry.recorded_at]
        expected = later[0].position - 1 if later else log[-1].position
        assert teten.replays.position(entry.recorded_at) == expected
    long_before = log[0].recorded_at - timedelta(microseconds=1)
    assert teten.replays.position(long_before) == 0


def test_a_refused_attempt_is_known_from_the_moment_at_which_it_was_recorded(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    refused = examples.approve_tranche(ref="T-9")
    with pytest.raises(Exception, match="not_found"):
        enter(teten, refused)
    with teten.log.pool.connection() as connection:
        [[when]] = connection.execute(
            "SELECT recorded_at FROM commands WHERE code IS NOT NULL"
        ).fetchall()
    enter(teten, examples.accept_receipt())

    def count(known: Any) -> int:
        with teten.reports("NP", known) as reports:
            told: int = reports.report(None, TODAY)["refused"]
            return told

    assert count(None) == count(head) == count(teten.log.head()) == count(when) == 1
    assert count(head - 1) == count(when - timedelta(microseconds=1)) == 0


def test_an_attempt_recorded_together_with_an_event_is_not_known_before_it(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    [last] = teten.log.after(head - 1, 1)
    with teten.log.pool.connection() as connection:
        connection.execute(
            "INSERT INTO commands (id, digest, name, programme, actor, at, effective_on, cause,"
            " recorded_at, code) VALUES ('1', '', 'ApproveLine', 'NP', 'kons-1', now(), %s, '', %s, 'no')",
            (DAY, last.recorded_at),
        )
    before = [
        each.position for each in teten.log.everything() if each.recorded_at < last.recorded_at
    ][-1]
    assert teten.replays.at(before).refused("NP", DAY) == 0
    assert teten.replays.at(head).refused("NP", DAY) == 1


def test_a_few_replays_are_kept_and_the_oldest_are_let_go(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    replays = Replays(teten.log, kept=2)
    first, second = replays.at(head), replays.at(head - 1)
    assert replays.at(head) is first
    assert replays.at(head - 2) is not second
    assert replays.at(head) is first
    assert replays.at(head - 1) is not second
    assert replays.at(head - 1).all(balances) == second.all(balances)


def test_one_replay_is_folded_at_a_time_and_not_everybody_may_wait(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    alone = replace(teten, replays=Replays(teten.log, asking=1))
    folded = alone.replays.at(head)
    figures = folded.all(balances)
    with served(alone) as client, alone.replays.turn():
        # What is folded already is told while another one is,
        assert folded.all(balances) == figures
        assert client.get("/v1/report", params={"known": head}).status_code == 200
        assert client.get("/v1/report").status_code == 200
        # and who would have to wait is told to come again.
        page = client.get("/?known=5")
        assert page.status_code == 503
        assert "spørger om tidligere tidspunkter" in page.text
        for path in ("/v1/report?known=5", "/v1/difference?from=5"):
            answer = client.get(path)
            told = answer.json()
            assert (answer.status_code, told["title"]) == (503, "too_many_replays")
            assert told["detail"] != told["detail_da"]
    assert alone.replays.at(5).all(balances) != figures


def test_two_points_are_read_with_one_connection(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    with ExitStack() as others:
        for _ in range(teten.log.pool.max_size - 1):
            others.enter_context(teten.log.pool.connection())
        for sides in ((f"@{DAY}", f"@{LATE}"), (f"{head - 1}", "now"), ("now", f"@{DAY}")):
            found = difference(teten, None, Side.read(sides[0]), Side.read(sides[1]), TODAY)
            assert found.programme == "NP"


def test_a_replay_goes_on_from_the_latest_one_before_it(teten: Teten) -> None:
    head = paid_without_receipts(teten)
    log = list(teten.log.everything())
    for position in (head - 3, head - 9, head - 1, head):
        teten.replays.at(position).all(balances)
        for kept in range(head - 9, position + 1):
            anew = Replayed(log[:kept])
            for projection in FIGURES:
                assert teten.replays.at(kept).all(projection) == anew.all(projection)


def test_lists_of_an_earlier_moment_are_counted_on_its_day(teten: Teten) -> None:
    terms = examples.terms().model_copy(update={"end": date(2199, 12, 31)})
    head = paid_without_receipts(teten, terms=terms)
    [latest] = teten.log.after(head - 1, 1)
    replay = teten.replays.at(head)
    day = latest.recorded_at.astimezone(DANISH_TIME).date()
    assert replay.today(date(2099, 1, 1)) == day
    assert teten.replays.at(latest.recorded_at).today(date(2099, 1, 1)) == day
    with teten.reports("NP", head) as reports:
        assert reports.period(None, date(2099, 1, 1)).counted_on == min(day, reports.terms.end)
        assert reports.period(LATE, date(2099, 1, 1)).counted_on == LATE
    assert kr(5_000) in [row.figures(LATE).undocumented for row in replay.all(balances).values()]
