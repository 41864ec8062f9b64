"""What was sent is kept, byte for byte: it can be shown years later, until the citizen is forgotten."""

from typing import Any

import psycopg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.case import cases
from service.documents.completing import completeness_of
from service.evidence.vouchers import check
from service.people.extract import extract
from service.people.looking import Looker
from service.people.sealing import fingerprint
from service.reminding import copies
from tests.people.conftest import forget as forget_citizen
from tests.people.conftest import settle
from tests.reminding.conftest import ANNA, Reminding
from tests.reminding.test_letters import SENT, Box, receiving
from tests.service.conftest import served, signed_in


class Wire(Box):
    """What came, as it came."""

    def __init__(self, *answers: str) -> None:
        super().__init__(*answers)
        self.contents: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.contents.append(envelope.content)
        return await super().handle_DATA(server, session, envelope)


def kept(reminding: Reminding) -> list[bytes]:
    """Of the only letter, the oldest first."""
    [row] = reminding.rows
    teten = reminding.teten
    return [
        teten.files.read(each.sha256, teten.log.state(cases, "T-1").citizen) for each in row.copies
    ]


def mailed(reminding: Reminding) -> bytes:
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Wire()
    with receiving(box) as server:
        reminding.letters(server).deliver()
    [content] = box.contents
    return content


def test_a_mail_is_kept_as_the_server_got_it(reminding: Reminding) -> None:
    content = mailed(reminding)
    assert kept(reminding) == [content]
    [copy] = reminding.rows[0].copies
    assert (copy.sha256, copy.channel) == (fingerprint(content), "email")
    assert copy.sent_at


def test_a_name_of_more_than_ascii_in_an_address_is_kept_as_sent(
    reminding: Reminding,
) -> None:
    reminding.knows(f"Anna Ærlig <{ANNA}>")
    reminding.takes(0)
    box = Wire()
    with receiving(box) as server:
        reminding.letters(server).deliver()
    assert kept(reminding) == box.contents


def test_digital_post_is_kept_as_it_lies_in_the_folder(reminding: Reminding) -> None:
    reminding.takes(0)
    reminding.letters(digital_post=True).deliver()
    [file] = reminding.folder.iterdir()
    assert kept(reminding) == [file.read_bytes()]


def test_it_stays_as_it_was_when_the_citizen_and_the_caseworker_get_other_names(
    reminding: Reminding,
) -> None:
    content = mailed(reminding)
    teten = reminding.teten
    teten.vault.add(teten.log.state(cases, "T-1").citizen, {"name": "Anna Anderledes"})
    teten.vault.staff("kons-1", {"name": "Karl Konsulent"})
    assert kept(reminding) == [content]


def test_of_a_letter_that_was_tried_twice_both_are_kept_and_which_was_taken_is_known(
    reminding: Reminding,
) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Wire("451 not now", "451 not now", "451 not now")
    with receiving(box) as server:
        letters = reminding.letters(server)
        letters.deliver()
        reminding.harm("UPDATE letters.letters SET next_try_at = now()")
        letters.deliver()
        assert len(kept(reminding)) == 1  # The same bytes.
        for address in ("anna@new.example", ANNA):
            reminding.knows(address)
            reminding.harm("UPDATE letters.letters SET next_try_at = now()")
            letters.deliver()
    assert kept(reminding) == box.contents[2:]
    assert [each.sent_at is not None for each in reminding.rows[0].copies] == [False, True]


def test_a_service_that_is_killed_between_keeping_and_sending_says_of_nothing_that_it_was_sent(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminding.takes(0)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("service.reminding.memo.write", killed)
        reminding.letters(digital_post=True).deliver()
    assert not reminding.folder.exists()
    [row] = reminding.rows
    assert (row.state, [each.sent_at for each in row.copies]) == ("sending", [None])
    reminding.letters(digital_post=True).deliver()
    [file] = reminding.folder.iterdir()
    assert kept(reminding) == [file.read_bytes()]
    assert reminding.rows[0].copies[0].sent_at


def test_killed_before_it_was_kept_nothing_went_out_and_it_is_sent_once(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminding.takes(0)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(copies, "keep", killed)
        reminding.letters(digital_post=True).deliver()
    assert reminding.states == [("digital_post", "waiting")]
    reminding.letters(digital_post=True).deliver()
    [row] = reminding.rows
    assert (row.state, row.perhaps_twice) == ("sent", False)


def test_what_cannot_be_kept_is_not_sent(reminding: Reminding) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Wire()
    with receiving(box) as server:
        letters = reminding.letters(server)
        letters._files._folder = reminding.folder  # Where there can be no folder.
        reminding.folder.write_text("in the way")
        letters.deliver()
    assert reminding.states == [("email", "waiting")]
    assert box.contents == []


# Who may see it ----------------------------------------------------------------------------------


def test_whoever_may_see_the_citizen_gets_it_and_the_look_is_written_down(
    reminding: Reminding,
) -> None:
    content = mailed(reminding)
    with served(reminding.teten, "kons-1") as client:
        [letter] = client.get("/v1/letters").json()
        where = f"/v1/letters/{letter['position']}/{letter['copies'][0]['sha256']}"
        got = client.get(where)
        page = client.get("/letters").text
        signed_in(client, reminding.teten, "kons-2")
        others = client.get(where)
        none = client.get(where.replace(letter["copies"][0]["sha256"], "0" * 64))
    assert got.content == content
    assert got.headers["content-type"] == "message/rfc822"
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["cache-control"] == "no-store"
    assert f'href="{where}"' in page
    assert "som sendt" in page
    assert (others.status_code, none.status_code) == (404, 404)
    citizen = reminding.teten.log.state(cases, "T-1").citizen
    looks = reminding.teten.people.looks.all_of_citizen(citizen)
    assert [each.what for each in looks] == [f"letter {letter['position']}"]


def test_it_is_in_the_citizens_own_extract(reminding: Reminding) -> None:
    content = mailed(reminding)
    made = extract(reminding.teten, Looker("kons-1", "", "test"), "T-1", "test")
    assert f"files/{fingerprint(content)}.eml".encode() in made


def test_a_kept_letter_is_no_voucher_that_wants_a_posting(reminding: Reminding) -> None:
    def gaps() -> list[Any]:
        reminding.teten.rows.catch_up()
        with reminding.teten.rows.snapshot() as snapshot:
            today = reminding.teten.day(None)
            return list(completeness_of(reminding.teten, snapshot, "TT", today).gaps)

    before = gaps()
    mailed(reminding)
    assert gaps() == before


def test_a_kept_letter_that_was_changed_on_disk_is_found(reminding: Reminding) -> None:
    mailed(reminding)
    teten = reminding.teten
    [copy] = reminding.rows[0].copies
    path = teten.settings.files / teten.files.stored(
        copy.sha256, teten.log.state(cases, "T-1").citizen
    )
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with psycopg.connect(teten.url) as connection:
        findings = check(connection, teten.files).findings
    assert [copy.sha256 in each.says for each in findings] == [True]


# Forgotten ---------------------------------------------------------------------------------------


def forget(reminding: Reminding) -> None:
    """All is settled, and the years have passed."""
    settle(reminding.teten)
    forget_citizen(reminding.teten)


def test_of_who_is_forgotten_no_letter_is_left_nor_what_its_bytes_were(
    reminding: Reminding,
) -> None:
    content = mailed(reminding)
    teten = reminding.teten
    [row] = reminding.rows
    sealed = teten.settings.files / teten.files.stored(
        fingerprint(content), teten.log.state(cases, "T-1").citizen
    )
    assert sealed.exists()
    forget(reminding)
    assert not sealed.exists()
    assert reminding.rows[0].copies == []
    with served(teten, "kons-1") as client:
        gone = client.get(f"/v1/letters/{row.position}/{fingerprint(content)}")
    assert gone.status_code == 404
    assert reminding.states == [SENT]  # That one was sent, is known.


def test_a_letter_of_who_was_forgotten_while_it_waited_goes_nowhere(reminding: Reminding) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    reminding.letters("127.0.0.1:1").deliver()
    assert reminding.states == [("email", "waiting")]
    assert len(reminding.rows[0].copies) == 1
    forget(reminding)
    reminding.harm("UPDATE letters.letters SET next_try_at = now()")
    box = Wire()
    with receiving(box) as server:
        reminding.letters(server).deliver()
    [row] = reminding.rows
    assert (row.state, row.says, row.copies) == ("withdrawn", "the citizen is forgotten", [])
    assert box.contents == []


def test_of_who_is_forgotten_while_it_is_written_nothing_is_kept_or_sent(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    box, keep = Wire(), copies.keep

    def forgotten_meanwhile(*asked: Any) -> None:
        forget(reminding)
        keep(*asked)

    monkeypatch.setattr(copies, "keep", forgotten_meanwhile)
    with receiving(box) as server:
        reminding.letters(server).deliver()
    [row] = reminding.rows
    assert (row.state, row.says, row.copies) == ("withdrawn", "the citizen is forgotten", [])
    assert box.contents == []
    assert reminding.teten.forgetting.unfinished() == []
