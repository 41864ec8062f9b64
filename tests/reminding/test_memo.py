"""Every file of Digital Post is a message that the format takes, whatever names and times are in it."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from lxml import etree

from service.reminding.configuration import Post
from service.reminding.memo import NAMESPACE, Sender, message, message_uuid
from tests.reminding.conftest import CVR, SENDER, Reminding

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("memo.xsd")))
CPR = "610190-1001"
AT = datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2)))


def read(content: bytes) -> etree._Element:
    """As the format's own schema reads it."""
    root = etree.fromstring(content)
    SCHEMA.assertValid(root)
    return root


def told(root: etree._Element, path: str) -> str:
    found = root.findtext("/".join(f"{{{NAMESPACE}}}{each}" for each in path.split("/")))
    assert found is not None
    return found


def written(
    label: str = "Besked", text: str = "Hej", name: str = SENDER, at: datetime = AT
) -> bytes:
    return message("teten-1", label, text, Sender(CVR, name), CPR, at)


TEXTS = st.text(st.characters(codec="utf-8"))
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cn"]), min_size=1, max_size=256
)

FIRST, LAST = datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2200-01-01")
TIMES = st.datetimes(FIRST, LAST, timezones=st.timezones())


@forall(TEXTS, NAMES, TIMES)
def test_any_text_name_and_time_make_a_message_that_the_format_takes(
    text: str, name: str, at: datetime
) -> None:
    root = read(written(text=text, name=name, at=at))
    content = told(root, "MessageBody/MainDocument/File/content")
    assert b64decode(content).decode() == text
    assert told(root, "MessageHeader/Sender/label") == name
    moment = datetime.fromisoformat(told(root, "MessageBody/createdDateTime"))
    assert moment == at.astimezone(UTC).replace(microsecond=0)


def test_the_time_is_of_utc_on_the_night_when_the_clocks_change() -> None:
    assert told(read(written()), "MessageBody/createdDateTime") == "2026-03-29T01:30:00Z"


@forall(st.text())
def test_every_letter_has_an_id_of_the_only_kind_that_the_format_takes(letter: str) -> None:
    assert (message_uuid(letter).version, message_uuid(letter).variant) == (
        4,
        "specified in RFC 4122",
    )


@pytest.mark.parametrize("steps", [(0,), (0, 14)])
def test_what_is_written_of_a_case_is_valid(reminding: Reminding, steps: tuple[int, ...]) -> None:
    reminding.takes(*steps)
    reminding.letters(digital_post=True).deliver()
    files = list(reminding.folder.iterdir())
    assert len(files) == len(steps)
    for file in files:
        root = read(file.read_bytes())
        assert told(root, "MessageHeader/Recipient/recipientID") == CPR.replace("-", "")
        assert len(file.read_bytes()) < 10_000  # Nothing is attached.


@pytest.mark.parametrize("name", ["Aarhus\nKommune", "Aarhus\0", "\x1bAarhus", "A" * 257, " "])
def test_a_senders_name_that_no_message_can_hold_is_said_at_the_start(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"TETEN_SENDER_NAME": name})
    with pytest.raises(ValueError, match="TETEN_SENDER_NAME"):
        Post.read("smtp://localhost")


def test_who_may_not_read_the_log_finds_no_cpr_number_of_a_letter_there(
    reminding: Reminding, caplog: pytest.LogCaptureFixture
) -> None:
    reminding.takes(0)
    reminding.letters(digital_post=True).deliver()
    said = caplog.text + reminding.rows[0].model_dump_json()
    assert "610190" not in said
