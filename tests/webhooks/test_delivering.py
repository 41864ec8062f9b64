"""What a receiver is sent: every event that it wants, in order, signed, and again until it took it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import WebhookVerificationError

from service.entries import CANONICAL
from service.webhooks.delivering import FIRST_PAUSE, LAST_PAUSE, pause_after
from service.webhooks.messages import MEDIA_TYPE
from tests.data_sets import PERSONAL
from tests.webhooks.conftest import Told
from tests.webhooks.receiving import Answer, Received


def test_a_receiver_is_sent_every_event_once_and_in_order(told: Told) -> None:
    told.add()
    told.deliver()
    told.deliver()
    assert told.receiver.positions == list(range(1, told.teten.log.head() + 1))
    assert told.standing.behind == 0


def test_an_event_is_sent_as_it_is_stored_and_nothing_else_is(told: Told) -> None:
    told.add()
    told.deliver()
    with told.teten.log.pool.connection() as connection:
        stored = connection.execute(
            "SELECT originator_id, topic, state, notification_id FROM log_events ORDER BY 4"
        ).fetchall()
    source = told.teten.checkpoints.signer().name
    for received, (stream, topic, state, position) in zip(
        told.receiver.received, stored, strict=True
    ):
        event = received.event
        assert CANONICAL(event["data"]).encode() == bytes(state)
        assert event == {
            "specversion": "1.0",
            "id": received.id,
            "source": source,
            "type": f"dk.teten.{topic}",
            "subject": stream,
            "time": event["data"]["recorded_at"],
            "datacontenttype": "application/json",
            "position": position,
            "data": json.loads(state),
        }
        assert received.headers["content-type"] == MEDIA_TYPE
        assert received.path == "/hook"
    assert len({each.id for each in told.receiver.received}) == len(stored)
    assert not [each.id for each in told.receiver.received if "." in each.id]


def test_nobody_s_name_number_account_or_words_leave_the_house(told: Told) -> None:
    told.add()
    told.deliver()
    sent = "".join(f"{each.headers}{each.body.decode()}" for each in told.receiver.received)
    assert len(told.receiver.received) == told.teten.log.head()
    assert [value for value in PERSONAL if value in sent] == []


def test_only_the_events_that_are_wanted_are_sent(told: Told) -> None:
    told.add(types=["TrancheReleased", "TrancheRequested"])
    told.deliver()
    types = [each.event["type"] for each in told.receiver.received]
    assert types == [
        "dk.teten.TrancheRequested",
        "dk.teten.TrancheReleased",
        "dk.teten.TrancheRequested",
    ]
    assert told.standing.position == told.teten.log.head()


def test_only_the_events_of_its_programme_are_sent(told: Told) -> None:
    told.add(programme="TT")
    # As if it were of another one: nothing in the log is.
    told.later("programme = 'UU'")
    told.deliver()
    assert told.receiver.received == []
    assert told.standing.position == told.teten.log.head()
    other = Told(told.teten, told.receiver)
    other.add(programme="TT")
    other.deliver()
    assert other.receiver.positions == list(range(1, told.teten.log.head() + 1))


def test_one_that_is_added_without_a_position_begins_with_what_comes(told: Told) -> None:
    told.add(after=None)
    told.deliver()
    assert told.receiver.received == []
    position = told.happen()
    told.deliver()
    assert told.receiver.positions == [position]


# Signed ---------------------------------------------------------------------------------------------


def test_what_is_sent_is_verified_with_the_secret_and_with_no_other(told: Told) -> None:
    secret = told.add(after=told.teten.log.head() - 1)
    told.deliver()
    (received,) = told.receiver.received
    assert received.verified(secret) == received.event
    with pytest.raises(WebhookVerificationError):
        received.verified("whsec_" + base64.b64encode(bytes(32)).decode())


@pytest.mark.parametrize("what", ["body", "webhook-id", "webhook-timestamp"])
def test_what_was_tampered_with_is_not_verified(told: Told, what: str) -> None:
    secret = told.add(after=told.teten.log.head() - 1)
    told.deliver()
    (received,) = told.receiver.received
    if what == "body":
        tampered = received._replace(body=received.body.replace(b"case-T-1", b"case-T-2"))
        assert tampered.body != received.body
    else:
        other = received.headers[what][:-1] + ("1" if received.headers[what][-1] == "0" else "0")
        tampered = received._replace(headers={**received.headers, what: other})
    with pytest.raises(WebhookVerificationError):
        tampered.verified(secret)


def test_while_a_secret_is_rotated_both_sign_and_afterwards_the_new_one_alone(told: Told) -> None:
    old = told.add(after=None)
    new = told.endpoints.rotate(told.name, by="adm-1")
    told.happen()
    told.deliver()
    both = told.receiver.received[-1]
    assert both.verified(old) == both.verified(new) == both.event
    told.endpoints.retire(told.name, by="adm-1")
    told.happen()
    told.deliver()
    one = told.receiver.received[-1]
    assert one.verified(new) == one.event
    with pytest.raises(WebhookVerificationError):
        one.verified(old)


def test_the_database_alone_does_not_give_a_secret_away(told: Told) -> None:
    secret = told.add()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    with told.teten.log.pool.connection() as connection:
        rows = connection.execute(
            "SELECT sealed, encode(sealed, 'escape') FROM webhooks.secrets WHERE endpoint = %s",
            (told.name,),
        ).fetchall()
        for sealed, _ in rows:
            assert secret.encode() not in bytes(sealed)
            assert base64.b64decode(secret.removeprefix("whsec_")) not in bytes(sealed)


# Again ----------------------------------------------------------------------------------------------


def test_what_is_not_taken_waits_with_all_behind_it_and_comes_again_under_the_same_id(
    told: Told,
) -> None:
    head = told.teten.log.head()
    told.add(after=head - 3)
    told.receiver.answers = lambda received: (500 if received.position == head - 1 else 200, {})
    told.deliver()
    told.later("next_try_at = now() + interval '1 hour'")
    told.deliver()
    standing = told.standing
    assert (standing.position, standing.says, standing.in_trouble) == (
        *(head - 2, "it answers 500"),
        True,
    )
    told.receiver.answers = lambda _: (200, {})
    told.later()
    told.deliver()
    assert sorted(set(told.receiver.positions)) == [head - 2, head - 1, head]
    assert told.receiver.positions == sorted(told.receiver.positions)
    assert {each.id for each in told.receiver.received if each.position == head - 1} == {
        told.receiver.received[1].id
    }
    assert (told.standing.position, told.standing.in_trouble, told.standing.tries) == (
        head,
        False,
        0,
    )


def test_each_attempt_is_signed_anew_for_its_own_time(told: Told) -> None:
    secret = told.add(after=told.teten.log.head() - 1)
    told.receiver.answers = lambda _: (503, {"Retry-After": "600"})
    told.deliver()
    told.receiver.answers = lambda _: (200, {})
    told.later()
    told.deliver()
    first, second = told.receiver.received
    assert first.body == second.body
    assert first.verified(secret) == second.verified(secret)


@pytest.mark.parametrize("as_date", [True, False])
def test_a_receiver_that_says_when_to_come_back_is_left_alone_until_then(
    told: Told, *, as_date: bool
) -> None:
    told.add(after=told.teten.log.head() - 1)
    then = datetime.now(UTC) + timedelta(hours=2)
    after = format_datetime(then, usegmt=True) if as_date else "7200"
    told.receiver.answers = lambda _: (429, {"Retry-After": after})
    told.deliver()
    next_try = told.standing.next_try_at
    assert next_try
    assert abs(next_try - then) < timedelta(minutes=5)
    told.deliver()
    assert len(told.receiver.received) == 1


def test_nobody_puts_us_off_for_longer_than_a_day(told: Told) -> None:
    told.add(after=told.teten.log.head() - 1)
    told.receiver.answers = lambda _: (503, {"Retry-After": "9" * 300})
    told.deliver()
    assert told.standing.next_try_at
    assert told.standing.next_try_at < datetime.now(UTC) + timedelta(days=1, minutes=5)


def test_one_that_answers_gone_is_disabled_at_once(told: Told) -> None:
    told.add()
    told.receiver.answers = lambda _: (410, {})
    told.deliver()
    told.later()
    told.deliver()
    assert told.receiver.positions == [1]
    assert (told.standing.disabled, told.standing.in_trouble) == ("gone", True)
    assert [each.act for each in told.endpoints.acts(told.name)][-1] == "disabled: gone"


def test_one_that_fails_for_days_is_disabled_and_goes_on_where_it_was_when_enabled(
    told: Told,
) -> None:
    head = told.teten.log.head()
    told.add(after=head - 2)
    told.receiver.answers = lambda _: (404, {})
    told.deliver()
    told.later("next_try_at = now() + interval '1 hour'")
    assert told.standing.disabled is None
    told.later("next_try_at = now(), failing_since = now() - interval '6 days'")
    told.deliver()
    assert told.standing.disabled == "failing"
    sent = len(told.receiver.received)
    told.later()
    told.deliver()
    assert len(told.receiver.received) == sent
    told.receiver.answers = lambda _: (200, {})
    told.endpoints.enable(told.name, by="adm-1")
    told.deliver()
    assert told.receiver.positions[sent:] == [head - 1, head]


def test_one_that_is_disabled_by_hand_is_sent_nothing(told: Told) -> None:
    told.add()
    told.endpoints.disable(told.name, by="adm-1")
    told.deliver()
    assert told.receiver.received == []
    assert (told.standing.disabled, told.standing.in_trouble) == ("by_hand", False)


def test_a_redirect_is_a_failure_and_is_not_followed(told: Told) -> None:
    told.add(after=told.teten.log.head() - 1)
    elsewhere = f"http://127.0.0.1:{told.receiver.port}/elsewhere"
    told.receiver.answers = lambda _: (307, {"Location": elsewhere, "Retry-After": "60"})
    told.deliver()
    assert [each.path for each in told.receiver.received] == ["/hook"]
    assert told.standing.says == "it answers 307 (redirects are not followed)"


@given(tries=st.integers(1, 100_000))
def test_pauses_grow_and_never_pass_an_hour(tries: int) -> None:
    assert 0 <= pause_after(tries) <= min(LAST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 30))


def test_pauses_are_of_any_length_up_to_their_limit() -> None:
    """Full jitter: of those who failed together hardly two come back together."""
    pauses = [pause_after(9) for _ in range(1000)]
    assert min(pauses) < 0.1 * FIRST_PAUSE * 2**8 < 0.9 * FIRST_PAUSE * 2**8 < max(pauses)


# Replayed -------------------------------------------------------------------------------------------


def test_a_replay_sends_everything_again_from_there_under_the_same_ids(told: Told) -> None:
    head = told.teten.log.head()
    told.add()
    told.deliver()
    ids = [each.id for each in told.receiver.received]
    told.endpoints.rewind(told.name, head - 4, by="adm-1")
    told.deliver()
    assert [each.id for each in told.receiver.received[head:]] == ids[head - 5 :]
    assert told.standing.position == head


def test_a_replay_that_is_asked_for_while_something_is_on_its_way_is_not_forgotten(
    told: Told,
) -> None:
    head = told.teten.log.head()
    told.add(after=head - 1)

    def asks_for_more(received: Received) -> Answer:
        if len(told.receiver.received) == 1:
            told.endpoints.rewind(told.name, head - 1, by="adm-1")
        return 200, {}

    told.receiver.answers = asks_for_more
    told.deliver()
    assert told.receiver.positions == [head, head - 1, head]


def test_one_event_is_sent_again_alone_and_nothing_else_moves(told: Told) -> None:
    told.add()
    told.deliver()
    before = told.standing
    attempt = told.webhooks.resend(told.name, 7, by="adm-1")
    assert attempt.delivered
    assert told.receiver.received[-1].id == told.receiver.received[6].id
    assert told.standing == before
    tries = {each.position: each.tries for each in told.endpoints.deliveries(told.name, None, 500)}
    assert (tries[7], tries[8]) == (2, 1)


def test_a_ping_says_nothing_of_the_log_and_is_signed(told: Told) -> None:
    secret = told.add(after=None)
    told.endpoints.disable(told.name, by="adm-1")
    assert told.webhooks.ping(told.name, by="adm-1").status == 204
    (received,) = told.receiver.received
    event = received.verified(secret)
    assert (event["type"], event["data"]) == ("dk.teten.Ping", {"webhook": told.name})
    assert "position" not in event


def test_attempts_are_told_for_a_while(told: Told) -> None:
    told.add(after=told.teten.log.head() - 1)
    told.receiver.answers = lambda _: (500, {"Retry-After": "60"})
    told.deliver()
    (waits,) = told.endpoints.deliveries(told.name, None, 10)
    assert (waits.status, waits.says, waits.tries) == (500, "it answers 500", 1)
    assert waits.next_try_at == told.standing.next_try_at is not None
    told.receiver.answers = lambda _: (200, {})
    told.later()
    told.deliver()
    (done,) = told.endpoints.deliveries(told.name, None, 10)
    assert (done.status, done.says, done.tries, done.next_try_at) == (200, None, 2, None)
    assert done.delivered_at
    with told.teten.log.pool.connection() as connection:
        connection.execute(
            "UPDATE webhooks.deliveries SET tried_at = now() - interval '31 days'"
            " WHERE endpoint = %s",
            (told.name,),
        )
    told.webhooks.forget_old()
    assert told.endpoints.deliveries(told.name, None, 10) == []
