"""The vault opens for its master key alone, tells nothing by its references, and forgets for good."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.identity import WordsRef
from domain.words import DECISIONS, EVENTS
from service.app import Teten, opened
from service.clerk import _with_words_sealed
from service.people.files import FileLost, Files
from service.people.keys import Keys
from service.people.masters import MasterKey, master_key
from service.people.sealing import VaultClosed, fingerprint
from service.people.vault import Sealed, Vault
from service.settings import Settings
from tests.conftest import fresh_database

OTHER_KEY = bytes(32)
WORDS = "Ryggen holder ikke"
RECEIPT = b"\x89PNG\r\n\x1a\n a receipt"


@pytest.fixture(scope="module")
def ours(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Teten]:
    """A vault for all of these tests: each has subjects of its own."""
    home = tmp_path_factory.mktemp("vault")
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        yield running


def keep(teten: Teten, sealed: Sealed) -> str:
    """As a command does that is done."""
    with teten.log.pool.connection() as connection, connection.transaction():
        teten.vault.keep(connection.cursor(), [sealed])
    return sealed.ref


def keep_file(teten: Teten, subject: str, content: bytes) -> str:
    with teten.log.pool.connection() as connection, connection.transaction():
        with teten.files.staged(subject, content) as staged:
            staged.keep(connection.cursor())
        return staged.digest


def destroy_key(teten: Teten, subject: str) -> None:
    with teten.log.pool.connection() as connection, connection.transaction():
        for table in ("citizens", "files", "words", "keys"):
            column = "pseudonym" if table == "citizens" else "subject"
            connection.execute(f"DELETE FROM people.{table} WHERE {column} = %s", (subject,))


def another_vault(teten: Teten) -> Vault:
    """As another process has it: it remembers nothing."""
    master = MasterKey(master_key(teten.settings.master_key_file))
    return Vault(teten.log.pool, Keys(teten.log.pool, master))


# Words -------------------------------------------------------------------------------------------


def test_the_same_words_in_the_same_context_have_the_same_reference(ours: Teten) -> None:
    first, again = (ours.vault.seal("citizen-1", WORDS, "7/reason") for _ in range(2))
    assert first.ref == again.ref
    assert first.sealed != again.sealed


@pytest.mark.parametrize(
    ("subject", "words", "context"),
    [
        ("citizen-1", "ryggen holder ikke", "7/reason"),
        ("citizen-1", WORDS, "8/reason"),
        ("citizen-1", WORDS, "7/note"),
        ("citizen-2", WORDS, "7/reason"),
    ],
)
def test_other_words_or_another_context_or_person_have_another_reference(
    ours: Teten, subject: str, words: str, context: str
) -> None:
    first = ours.vault.seal("citizen-1", WORDS, "7/reason")
    assert ours.vault.seal(subject, words, context).ref != first.ref


def test_whoever_guesses_the_words_needs_the_persons_key_to_know_that_they_are_right(
    ours: Teten,
) -> None:
    """A key made anew is another one, under the same master key and for the same person."""
    before = ours.vault.seal("citizen-3", "ja", "7/reason")
    destroy_key(ours, "citizen-3")
    after = another_vault(ours)
    assert after.seal("citizen-3", "ja", "7/reason").ref != before.ref


@settings(deadline=None)
@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@example(words="")
@example(words="Købt på afbetaling\0😀\r\n")
def test_words_are_read_back_as_they_were_and_stored_as_something_else(
    ours: Teten, words: str
) -> None:
    sealed = ours.vault.seal("citizen-4", words, "7/reason")
    assert ours.vault.read(keep(ours, sealed)) == words
    assert len(words) < 4 or words.encode() not in sealed.sealed


def test_nothing_is_behind_a_reference_that_nobody_gave(ours: Teten) -> None:
    assert ours.vault.read(None) is None
    assert ours.vault.read(f"words-{0:032x}") is None


def test_words_that_were_put_behind_another_reference_can_not_be_read(ours: Teten) -> None:
    """Not even with the key of the same person."""
    mine = keep(ours, ours.vault.seal("citizen-5", "ja", "7/reason"))
    other = keep(ours, ours.vault.seal("citizen-5", "nej", "8/reason"))
    with ours.log.pool.connection() as connection:
        connection.execute(
            "UPDATE people.words SET sealed = (SELECT sealed FROM people.words WHERE ref = %s)"
            " WHERE ref = %s",
            (other, mine),
        )
    assert ours.vault.read(other) == "nej"
    with pytest.raises(VaultClosed, match=f"{mine} was changed"):
        ours.vault.read(mine)


def test_words_that_were_changed_can_not_be_read(ours: Teten) -> None:
    ref = keep(ours, ours.vault.seal("citizen-6", WORDS, "7/reason"))
    with ours.log.pool.connection() as connection:
        connection.execute(
            "UPDATE people.words SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
            " WHERE ref = %s",
            (ref,),
        )
    with pytest.raises(VaultClosed, match="was changed"):
        ours.vault.read(ref)


def test_a_key_that_was_given_to_somebody_else_opens_nothing(ours: Teten) -> None:
    for subject in ("citizen-7", "citizen-8"):
        keep(ours, ours.vault.seal(subject, WORDS, subject))
    with ours.log.pool.connection() as connection:
        connection.execute(
            "UPDATE people.keys SET wrapped ="
            " (SELECT wrapped FROM people.keys WHERE subject = 'citizen-7')"
            " WHERE subject = 'citizen-8'"
        )
    ref = ours.vault.seal("citizen-8", WORDS, "citizen-8").ref
    with pytest.raises(VaultClosed):
        ours.vault.read(ref)


# Files -------------------------------------------------------------------------------------------


def test_a_file_is_read_back_as_it_came_and_kept_as_something_else(ours: Teten) -> None:
    digest = keep_file(ours, "citizen-10", RECEIPT)
    assert digest == fingerprint(RECEIPT)
    assert ours.files.read(digest, "citizen-10") == RECEIPT
    assert not [f for f in ours.settings.files.rglob("*.*") if b"receipt" in f.read_bytes()]


def test_an_empty_file_is_a_file(ours: Teten) -> None:
    assert ours.files.read(keep_file(ours, "citizen-10", b""), "citizen-10") == b""


def test_the_same_file_of_two_people_is_kept_for_each_of_them(ours: Teten) -> None:
    digests = {keep_file(ours, subject, RECEIPT) for subject in ("citizen-11", "citizen-12")}
    [digest] = digests
    destroy_key(ours, "citizen-11")
    assert ours.files.read(digest, "citizen-12") == RECEIPT
    with pytest.raises(FileLost):
        ours.files.read(digest, "citizen-11")


def test_a_file_that_was_changed_or_exchanged_is_lost(ours: Teten) -> None:
    mine = keep_file(ours, "citizen-13", RECEIPT)
    [path] = (ours.settings.files / mine[:2]).glob(f"{mine}.*{fingerprint(b'citizen-13')[:16]}*")
    other = keep_file(ours, "citizen-13", b"another receipt")
    [another] = (ours.settings.files / other[:2]).glob(f"{other}.*")
    for content in (path.read_bytes()[:-1], b"", b"short", RECEIPT, another.read_bytes()):
        path.write_bytes(content)
        with pytest.raises(FileLost, match=mine):
            ours.files.read(mine, "citizen-13")
    path.unlink()
    with pytest.raises(FileLost, match=mine):
        ours.files.read(mine, "citizen-13")


# Forgetting --------------------------------------------------------------------------------------


def test_a_destroyed_key_leaves_nothing_to_read_even_where_it_is_remembered(ours: Teten) -> None:
    """A vault that runs has the person's key in memory."""
    citizen = ours.vault.citizen("610190-1001", {"name": "Anna Ærlig"})
    ref = keep(ours, ours.vault.seal(citizen, WORDS, "7/reason"))
    digest = keep_file(ours, citizen, RECEIPT)
    assert ours.vault.read(ref) == WORDS
    destroy_key(ours, citizen)
    assert ours.vault.read(ref) is None
    assert ours.vault.record(citizen) == {}
    with pytest.raises(FileLost):
        ours.files.read(digest, citizen)


def test_reading_makes_no_key_for_whoever_was_forgotten(ours: Teten) -> None:
    digest = keep_file(ours, "citizen-14", RECEIPT)
    destroy_key(ours, "citizen-14")
    with pytest.raises(FileLost):
        ours.files.read(digest, "citizen-14")
    with ours.log.pool.connection() as connection:
        found = connection.execute("SELECT * FROM people.keys WHERE subject = 'citizen-14'")
        assert found.fetchall() == []


# People ------------------------------------------------------------------------------------------


def test_a_person_has_one_pseudonym_for_good_and_it_tells_nothing(ours: Teten) -> None:
    first = ours.vault.citizen("620290-1002", {"name": "Bent Birk"})
    again = ours.vault.citizen("620290-1002", {"name": "Bent Bøg"})
    assert first == again == ours.vault.pseudonym("620290-1002")
    assert "620290" not in first
    assert ours.vault.record(first) == {"cpr": "620290-1002", "name": "Bent Bøg"}
    assert ours.vault.citizen("620290-1003", {}) != first


def test_eight_at_once_agree_on_a_pseudonym(ours: Teten) -> None:
    vaults = [another_vault(ours) for _ in range(8)]
    for number in range(10):
        cpr = f"63039{number}-1003"
        with ThreadPoolExecutor(8) as threads:
            given_out = set(threads.map(lambda vault, c=cpr: vault.citizen(c, {}), vaults))
        assert given_out == {ours.vault.pseudonym(cpr)}


def test_of_somebody_unknown_there_is_no_pseudonym(ours: Teten) -> None:
    assert ours.vault.pseudonym("010101-0001") is None


# The master key ----------------------------------------------------------------------------------


def test_another_master_key_opens_nothing_and_adds_nothing(ours: Teten) -> None:
    ref = keep(ours, ours.vault.seal("citizen-20", WORDS, "7/reason"))
    digest = keep_file(ours, "citizen-20", RECEIPT)
    closed = Vault(ours.log.pool, Keys(ours.log.pool, MasterKey(OTHER_KEY)))
    for attempt in (
        lambda: closed.read(ref),
        lambda: closed.seal("citizen-20", WORDS, "7/reason"),
        lambda: closed.seal("citizen-21", WORDS, "7/reason"),
        lambda: closed.citizen("640490-1004", {}),
        lambda: closed.pseudonym("640490-1004"),
        lambda: closed.staff("kons-1", {}),
        lambda: Files(ours.settings.files, closed).read(digest, "citizen-20"),
    ):
        with pytest.raises(VaultClosed, match="not the one that this vault was sealed with"):
            attempt()
    with ours.log.pool.connection() as connection:
        found = connection.execute("SELECT FROM people.keys WHERE subject = 'citizen-21'")
        assert found.fetchall() == []
    assert ours.vault.pseudonym("640490-1004") is None


def test_the_master_key_is_made_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "master.key"
    made = master_key(file)
    assert len(made) == 32
    assert file.read_text() == made.hex()
    assert S_IMODE(file.stat().st_mode) == 0o600
    assert master_key(file) == made
    assert list(file.parent.iterdir()) == [file]


def test_eight_at_once_agree_on_a_master_key(tmp_path: Path) -> None:
    for number in range(20):
        file = tmp_path / f"{number}.key"
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(master_key, [file] * 8))) == 1
    assert len(list(tmp_path.iterdir())) == 20


@pytest.mark.parametrize("content", ["", "\n", "ab" * 31, "ab" * 33, "xy" * 32, "ab" * 32 + "c"])
def test_a_master_key_that_is_not_32_bytes_in_hex_is_told_and_left_alone(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "master.key"
    file.write_text(content)
    with pytest.raises(VaultClosed, match=r"master\.key") as told:
        master_key(file)
    assert content.strip() == "" or content.strip() not in str(told.value)
    assert file.read_text() == content


def test_a_master_key_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(VaultClosed, match="can't be read"):
        master_key(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(VaultClosed, match="can't be read"):
        master_key(tmp_path / "file" / "master.key")


# What the log takes ------------------------------------------------------------------------------


def models_within(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that a field of this type holds, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_within(field.annotation)
    for part in get_args(annotation):
        yield from models_within(part)


STORED = {
    model for kind in (*DECISIONS, *EVENTS.values()) for model in (kind, *models_within(kind))
}
WORDS_FIELDS = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model in sorted(STORED, key=lambda model: model.__name__)
    for name, hint in get_type_hints(model, include_extras=True).items()
    if WordsRef in (hint, *get_args(hint))
]


def test_free_text_is_known_in_events_commands_and_their_parts() -> None:
    models = {str(parameter.id).partition(".")[0] for parameter in WORDS_FIELDS}
    assert {"OfferDeclined", "StopCase", "BudgetLine", "StatementEntry", "LineWanted"} <= models
    assert {"LineScreened", "ScreenLine"} <= models  # There, words are asked for, not allowed.


@pytest.mark.parametrize("kind", DECISIONS, ids=lambda kind: kind.__name__)
def test_words_of_every_command_are_sealed_before_it_is_made(kind: type[BaseModel]) -> None:
    mine = {name for model, name in (each.values for each in WORDS_FIELDS) if model is kind}
    done = _with_words_sealed(kind, dict.fromkeys(kind.model_fields, "plain"), lambda *_: "sealed")
    assert {name for name, value in done.items() if value == "sealed"} == mine


@pytest.mark.parametrize(("model", "name"), WORDS_FIELDS)
@settings(deadline=None)
@given(words=st.text(max_size=80))
@example(words=WORDS)
@example(words="words-")
@example(words=f"words-{0:032x}\n")
@example(words=f" words-{0:032x}")
@example(words=f"words-{0:032X}".replace("0", "A"))
@example(words=f"words-{0:033x}")
def test_text_in_clear_is_refused_wherever_words_are_kept(
    model: type[BaseModel], name: str, words: str
) -> None:
    assume(words != f"words-{0:032x}")
    with pytest.raises(ValidationError) as refused:
        model.model_validate({name: words})
    assert (name,) in {error["loc"] for error in refused.value.errors()}
    with pytest.raises(ValidationError) as accepted:
        model.model_validate({name: f"words-{0:032x}"})
    assert (name,) not in {error["loc"] for error in accepted.value.errors()}
