"""Each letter goes out once, by a way that reaches whoever it is for; and it is known what became of it."""

import email.policy
import socket
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from service.reminding import letters as table
from service.reminding.letters import NoSuchLetter
from service.reminding.memo import NAMESPACE, message_uuid
from service.reminding.postman import Postman
from tests import examples
from tests.evidence.outside.servers import taken_port
from tests.examples_reminders import LADDER
from tests.examples_rules import assign_roles
from tests.reminding.conftest import ANNA, CVR, SENDER, Reminding
from tests.service.test_overdocumented import enter
from tests.service.test_serve import wait_until

KIRSTEN = "kirsten@aarhus.example"
SENT = ("email", "sent")


class Box:
    """What was delivered. `answers`: what it says of each message, until it takes all."""

    def __init__(self, *answers: str) -> None:
        self.messages: list[EmailMessage] = []
        self.answers = list(answers)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            message = message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        return answer


@contextmanager
def receiving(box: Box) -> Iterator[str]:
    with taken_port() as taken:
        port = taken.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def elements(file: Path) -> dict[str, str]:
    """What stands in each element of a message that holds no others, by its name."""
    root = ET.fromstring(file.read_bytes())
    found = {each.tag.removeprefix(f"{{{NAMESPACE}}}"): each.text or "" for each in root.iter()}
    return {name: text for name, text in found.items() if text}


# By e-mail ---------------------------------------------------------------------------------------


def test_a_citizen_with_an_address_gets_each_letter_once_by_mail(reminding: Reminding) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Box()
    with receiving(box) as server:
        assert reminding.letters(server).deliver() == 1
        assert reminding.letters(server).deliver() == 0
    [message] = box.messages
    assert (message["To"], message["From"]) == (ANNA, "teten@aarhus.example")
    assert message["Subject"] == "Besked om dine kvitteringer"
    body = message.get_body()
    text = body.get_content() if body else ""
    assert "Kære Anna Ærlig\n" in text.replace("\r\n", "\n")
    assert "Vi mangler bilag for 250,00 kr. af rate R-1 på post 1 i sag T-1" in text
    assert "https://teten.example/min-sag" in text
    assert "din jobkonsulent Kirsten Konsulent" in text
    assert "We are missing receipts for DKK 250.00" in text
    assert reminding.states == [SENT]


def test_the_caseworker_is_told_at_an_address_of_their_own(reminding: Reminding) -> None:
    reminding.knows(ANNA)
    reminding.knows(KIRSTEN, "kons-1")
    reminding.takes(0, 14, 28, 46)
    box = Box()
    with receiving(box) as server:
        reminding.letters(server).deliver()
    assert [each["To"] for each in box.messages] == [ANNA, ANNA, KIRSTEN]
    assert [each.event for each in reminding.rows] == [
        *("ReceiptsRemindedOf", "ReceiptsRemindedOf", "CaseworkerTold")
    ]
    body = box.messages[-1].get_body()
    text = body.get_content() if body else ""
    assert "Borgeren mangler bilag for 250,00 kr." in text
    assert "https://teten.example/cases/T-1" in text
    assert "Anna" not in text


def test_a_server_that_refuses_is_tried_again_and_the_address_is_not_told(
    reminding: Reminding,
) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Box(f"451 {ANNA} not now")
    with receiving(box) as server:
        letters = reminding.letters(server)
        assert letters.deliver() == 1
        [row] = reminding.rows
        assert (row.state, row.says, row.tries) == ("waiting", "the mail server refused: 451", 1)
        assert letters.deliver() == 0  # Not at once.
        reminding.harm("UPDATE letters.letters SET next_try_at = now()")
        letters.deliver()
    assert reminding.states == [SENT]
    assert len(box.messages) == 1


@pytest.mark.parametrize(
    ("way", "says"), [("silent", "SMTPServerDisconnected"), ("gone", "Connection")]
)
def test_a_server_that_is_slow_or_gone_keeps_nobody_waiting(
    reminding: Reminding, way: str, says: str
) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    with silent() as server:
        reminding.letters(server if way == "silent" else "127.0.0.1:1").deliver()
    [row] = reminding.rows
    assert row.state == "waiting"
    assert says in (row.says or "")


def test_after_days_of_nothing_but_failures_it_is_given_up_until_somebody_says(
    reminding: Reminding,
) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    with reminding.teten.log.pool.connection() as connection:
        table.note(connection)
    reminding.harm("UPDATE letters.letters SET noted_at = now() - interval '6 days'")
    reminding.letters("127.0.0.1:1").deliver()
    [row] = reminding.rows
    assert row.state == "failed"
    box = Box()
    with receiving(box) as server:
        letters = reminding.letters(server)
        assert letters.deliver() == 0
        letters.again(row.position)
        letters.deliver()
    assert reminding.states == [SENT]
    with pytest.raises(NoSuchLetter):
        reminding.teten.letters.again(row.position)


def test_a_service_that_ended_while_it_sent_says_that_it_may_be_there_twice(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is with the server, and nobody has written it down: killed between the two."""
    reminding.knows(ANNA)
    reminding.takes(0)
    box = Box()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with receiving(box) as server:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(table, "end", killed)
            reminding.letters(server).deliver()
        assert reminding.states == [("email", "sending")]
        reminding.letters(server).deliver()
    first, second = box.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
    [row] = reminding.rows
    assert (row.state, row.perhaps_twice, row.tries) == ("sent", True, 2)


def test_an_address_that_is_none_is_told_and_waits(reminding: Reminding) -> None:
    reminding.knows("anna@example.dk\nBcc: all@example.dk")
    reminding.takes(0)
    box = Box()
    with receiving(box) as server:
        reminding.letters(server).deliver()
    [row] = reminding.rows
    assert (row.state, row.says, box.messages) == ("waiting", "ValueError", [])


# As Digital Post ---------------------------------------------------------------------------------


def test_who_has_no_address_gets_digital_post(reminding: Reminding) -> None:
    reminding.takes(0)
    letters = reminding.letters(digital_post=True)
    letters.deliver()
    assert reminding.states == [("digital_post", "sent")]
    [file] = reminding.folder.iterdir()
    assert [path.stat().st_mode & 0o777 for path in (reminding.folder, file)] == [0o700, 0o600]
    told = elements(file)
    assert told["messageType"] == "DIGITALPOST"
    assert told["messageUUID"] == file.stem
    assert file.stem[14] == "4"  # The format takes no other version of a UUID.
    assert (told["senderID"], told["recipientID"]) == (CVR, "6101901001")
    assert told["createdDateTime"].endswith("Z")
    text = b64decode(told["content"]).decode()
    assert text.startswith("Kære Anna Ærlig\n")
    assert text.count(SENDER) == 1


def test_a_message_has_the_parts_of_the_format_in_their_order(reminding: Reminding) -> None:
    """With the prefix that receivers know. Whether it is valid: test_memo.py."""
    reminding.takes(0)
    reminding.letters(digital_post=True).deliver()
    [file] = reminding.folder.iterdir()
    root = ET.fromstring(file.read_bytes())
    assert root.attrib == {"memoVersion": "1.2"}
    assert b"<memo:Message xmlns:memo=" in file.read_bytes()
    assert [each.tag.rpartition("}")[2] for each in root.iter()] == [
        "Message",
        *("MessageHeader", "messageType", "messageUUID", "label", "mandatory"),
        *("legalNotification", "Sender", "senderID", "idType", "label"),
        *("Recipient", "recipientID", "idType"),
        *("MessageBody", "createdDateTime", "MainDocument", "File"),
        *("encodingFormat", "filename", "language", "content"),
    ]


def test_the_same_letter_is_the_same_file_however_often_it_is_written(
    reminding: Reminding,
) -> None:
    reminding.takes(0)
    letters = reminding.letters(digital_post=True)
    letters.deliver()
    [file] = reminding.folder.iterdir()
    before = file.read_bytes()
    reminding.harm("UPDATE letters.letters SET state = 'sending'")
    letters.deliver()
    assert [each.read_bytes() for each in reminding.folder.iterdir()] == [before]
    assert reminding.rows[0].perhaps_twice
    assert message_uuid("one") == message_uuid("one") != message_uuid("other")


def test_a_folder_that_cannot_be_written_is_tried_again(reminding: Reminding) -> None:
    reminding.takes(0)
    reminding.folder.write_text("in the way")
    reminding.letters(digital_post=True).deliver()
    [row] = reminding.rows
    assert (row.state, row.says) == ("waiting", "FileExistsError")


# By hand, or not at all --------------------------------------------------------------------------


def test_who_can_be_reached_by_neither_is_listed_to_be_written_to_by_hand(
    reminding: Reminding,
) -> None:
    reminding.takes(0)
    reminding.teten.letters.deliver()
    [row] = reminding.rows
    assert (row.channel, row.state, row.open) == ("by_hand", "by_hand", True)
    reminding.teten.letters.sent_by_hand(row.position, "kons-1")
    [row] = reminding.rows
    assert (row.state, row.says) == ("sent", "by hand, told by kons-1")
    assert reminding.teten.letters.listed("TT", only_open=True) == []


def test_what_came_meanwhile_is_not_asked_for(reminding: Reminding) -> None:
    reminding.takes(0)
    reason = {"reason": "Hele huset brændte"}
    where = {"programme": "TT", "case_no": "T-1", "line_no": 1, "ref": "R-1", "by": "both-1"}
    reminding.teten.clerk.in_plain("WaiveReceipts", where | reason)
    reminding.letters(digital_post=True).deliver()
    [row] = reminding.rows
    assert (row.state, row.says) == ("withdrawn", "the receipts were waived meanwhile")
    assert not reminding.folder.exists()


def test_in_a_copy_of_the_log_nothing_is_sent_until_somebody_says(reminding: Reminding) -> None:
    reminding.takes(0)
    with reminding.teten.log.pool.connection() as connection:
        table.note(connection)
    reminding.harm(table.STOP)
    letters = reminding.letters(digital_post=True)
    assert letters.deliver() == 0
    assert letters.counts() == {"stopped": 1}
    letters.again(reminding.rows[0].position)
    letters.deliver()
    assert letters.counts() == {"sent": 1}


def test_neither_text_nor_address_is_kept_beside_the_log(reminding: Reminding) -> None:
    reminding.knows(ANNA)
    reminding.takes(0)
    with receiving(Box("550 no such Anna Ærlig")) as server:
        reminding.letters(server).deliver()
    told = reminding.rows[0].model_dump_json()
    assert [each for each in (ANNA, "Anna", "610190", "bilag") if each in told] == []


# The service -------------------------------------------------------------------------------------


def test_of_several_services_one_sends_and_it_takes_the_steps_of_the_day(
    reminding: Reminding,
) -> None:
    teten = reminding.teten
    letters = reminding.letters(digital_post=True)
    first, second = (Postman(teten.log, teten.reminders, letters) for _ in range(2))
    with teten.log.pool.connection() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (Postman.lock,))
        first.start()
        first.stop()
        assert reminding.rows == []
        connection.execute("SELECT pg_advisory_unlock(%s)", (Postman.lock,))
    second.start()
    try:
        wait_until(lambda: reminding.states == [("digital_post", "sent")])
    finally:
        second.stop()


def test_a_programme_where_nobody_is_the_system_keeps_no_other_waiting(
    reminding: Reminding,
) -> None:
    teten = reminding.teten
    with_a_ladder = examples.establish(programme="AA", terms=examples.terms(ladder=LADDER))
    left = assign_roles(programme="AA", person="system", roles=())
    enter(teten, with_a_ladder, left)
    postman = Postman(teten.log, teten.reminders, reminding.letters(digital_post=True))
    postman.start()
    try:
        wait_until(lambda: reminding.states == [("digital_post", "sent")])
        wait_until(lambda: postman.trouble == "NobodyToAsk")
    finally:
        postman.stop()


class Nowhere(Box):
    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope, _address: str, _: list[str]
    ) -> str:
        return "550 no such mailbox"


def test_two_addresses_that_are_refused_are_told_like_one(reminding: Reminding) -> None:
    reminding.knows("anna@example.dk, anne@example.dk")
    reminding.takes(0)
    with receiving(Nowhere()) as server:
        reminding.letters(server).deliver()
    [row] = reminding.rows
    assert (row.state, row.says) == ("waiting", "the mail server refused the recipient: 550")
