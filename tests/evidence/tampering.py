"""Changes made behind Teten's back, as the owner of the database and of the disk: one at a time, at random.

python -m tests.evidence.tampering --changes 10000 --seed 1
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import WARNING
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from service import logging
from service.app import Teten, opened
from service.evidence.checkpoints import KEYS
from service.evidence.notes import BadKey
from service.evidence.verifying import verify
from service.postgres import embedded
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import tiny

SCHEMES = 14
GUARDED = ("log_events", "evidence.checkpoints", "commands")
KEPT = (
    *("log_events", "evidence.checkpoints", "evidence.tiles", "people.files"),
    *("commands", "evidence.attempts"),
)


class Traced(NamedTuple):
    """What `verify` has to say first."""

    position: int | None
    kinds: set[str]


class Owner:
    """Who may do anything to the database and the files, and puts it back afterwards."""

    def __init__(self, teten: Teten, curs: psycopg.Cursor[Any], dice: random.Random) -> None:
        self.teten, self.curs, self.dice = teten, curs, dice
        self.head = teten.log.head()
        self.signed = [made.size for made in teten.checkpoints.all()]
        self.folder = teten.checkpoints.folder

    def one(self, query: str, *values: Any) -> Any:
        found = self.curs.execute(query, values).fetchone()
        return found[0] if found else None

    def do(self, query: str, *values: Any) -> None:
        self.curs.execute(query, values)
        assert self.curs.rowcount, query

    def position(self) -> int:
        return self.dice.randint(1, self.head)

    def flipped(self, content: bytes) -> bytes:
        place, bit = self.dice.randrange(len(content)), self.dice.randrange(8)
        return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


Change = Callable[[Owner], Traced]
CHANGES: list[Change] = []


def change(how: Change) -> Change:
    CHANGES.append(how)
    return how


@change
def a_byte_of_an_event(owner: Owner) -> Traced:
    at = owner.position()
    state = owner.one("SELECT state FROM log_events WHERE notification_id = %s", at)
    owner.do(
        "UPDATE log_events SET state = %s WHERE notification_id = %s", owner.flipped(state), at
    )
    return Traced(at, {"changed"})


@change
def another_name_of_an_event(owner: Owner) -> Traced:
    at = owner.position()
    how = owner.dice.choice(
        (
            "topic = topic || 'X'",
            "originator_id = originator_id || '-x'",
            "originator_version = originator_version + 1000",
        )
    )
    owner.do(f"UPDATE log_events SET {how} WHERE notification_id = %s", at)
    return Traced(at, {"changed"})


@change
def an_event_deleted(owner: Owner) -> Traced:
    at = owner.position()
    owner.do("DELETE FROM log_events WHERE notification_id = %s", at)
    return Traced(at, {"cut off"} if at == owner.head else {"missing"})


@change
def an_event_deleted_and_the_later_ones_moved_up(owner: Owner) -> Traced:
    at = owner.position()
    owner.do("DELETE FROM log_events WHERE notification_id = %s", at)
    shifted(owner, at, -1)
    return Traced(at, {"cut off"} if at == owner.head else {"missing"})


@change
def an_event_added_at_the_end(owner: Owner) -> Traced:
    copied(owner, owner.position(), owner.head + 1)
    return Traced(owner.head + 1, {"added"})


@change
def an_event_added_and_the_later_ones_moved_down(owner: Owner) -> Traced:
    at = owner.position()
    shifted(owner, at - 1, 1)
    copied(owner, at + 1, at)
    return Traced(at, {"added"})


@change
def an_event_added_before_the_first(owner: Owner) -> Traced:
    copied(owner, owner.position(), 0)
    return Traced(0, {"added"})


@change
def two_events_swapped(owner: Owner) -> Traced:
    one, other = owner.dice.sample(range(1, owner.head + 1), 2)
    owner.do("UPDATE log_events SET notification_id = -1 WHERE notification_id = %s", one)
    owner.do("UPDATE log_events SET notification_id = %s WHERE notification_id = %s", one, other)
    owner.do("UPDATE log_events SET notification_id = %s WHERE notification_id = -1", other)
    return Traced(min(one, other), {"reordered"})


@change
def the_tail_cut_off(owner: Owner) -> Traced:
    at = owner.position()
    owner.do("DELETE FROM log_events WHERE notification_id >= %s", at)
    return Traced(at, {"cut off"})


@change
def a_byte_of_the_tree(owner: Owner) -> Traced:
    pieces = owner.curs.execute("SELECT level, number, hashes FROM evidence.tiles").fetchall()
    level, number, hashes = owner.dice.choice(sorted(pieces))
    changed = owner.flipped(hashes)
    owner.do(
        "UPDATE evidence.tiles SET hashes = %s WHERE (level, number) = (%s, %s)",
        changed,
        level,
        number,
    )
    index = next(at for at in range(len(hashes)) if hashes[at] != changed[at]) // 32
    # In the last piece, and not signed yet: nothing tells which of the two was changed.
    first = (number * 256 + index) * 256**level + 1
    untold = {"changed"} if first > owner.signed[-1] else set()
    return Traced(first, {"tree"} | untold)


@change
def a_checkpoint_of_the_database(owner: Owner) -> Traced:
    size = owner.dice.choice(owner.signed)
    note = owner.one("SELECT note FROM evidence.checkpoints WHERE size = %s", size)
    match owner.dice.randrange(3):
        case 0:
            owner.do("DELETE FROM evidence.checkpoints WHERE size = %s", size)
        case 1:
            place = owner.dice.randrange(len(note))
            letter = owner.dice.choice([each for each in "aB3+/=\n —" if each != note[place]])
            changed = note[:place] + letter + note[place + 1 :]
            owner.do("UPDATE evidence.checkpoints SET note = %s WHERE size = %s", changed, size)
        case 2:
            other = owner.dice.choice([each for each in range(1, 2000) if each not in owner.signed])
            owner.do("UPDATE evidence.checkpoints SET size = %s WHERE size = %s", other, size)
            return Traced(min(size, other), {"checkpoint"})
    return Traced(size, {"checkpoint"})


@change
def a_file_of_a_checkpoint(owner: Owner) -> Traced:
    size = owner.dice.choice(owner.signed)
    changed_file(owner, owner.teten.checkpoints.path(size))
    return Traced(size, {"checkpoint"})


@change
def the_list_of_keys(owner: Owner) -> Traced:
    path = owner.folder / KEYS
    changed = owner.flipped(path.read_bytes()[:-1]) + b"\n"
    path.write_bytes(changed)
    try:
        owner.teten.checkpoints.verifiers()
    except (BadKey, UnicodeDecodeError):
        return Traced(None, {"key"})
    return Traced(owner.signed[0], {"checkpoint"})  # Another key: nothing is signed by it.


@change
def a_refused_attempt(owner: Owner) -> Traced:
    owner.curs.execute("SELECT command FROM evidence.attempts ORDER BY number")
    (attempt,) = owner.dice.choice(owner.curs.fetchall())
    match owner.dice.randrange(3):
        case 0:
            owner.do("UPDATE commands SET code = 'cap_exceeded' WHERE id = %s", attempt)
        case 1:
            owner.do("UPDATE commands SET actor = 'kons-9' WHERE id = %s", attempt)
        case 2:
            owner.do("DELETE FROM commands WHERE id = %s", attempt)
    return Traced(None, {"attempt"})


@change
def a_voucher(owner: Owner) -> Traced:
    sha256, subject = kept_voucher(owner)
    changed_file(owner, owner.teten.settings.files / owner.teten.files.stored(sha256, subject))
    return Traced(first_word_of(owner, sha256), {"voucher"})


@change
def a_voucher_unlisted(owner: Owner) -> Traced:
    sha256, subject = kept_voucher(owner)
    owner.do("DELETE FROM people.files WHERE (sha256, subject) = (%s, %s)", sha256, subject)
    return Traced(first_word_of(owner, sha256), {"voucher"})


def kept_voucher(owner: Owner) -> tuple[str, str]:
    """One that a single person handed in: a second copy of a file would still be there."""
    owner.curs.execute(
        "SELECT sha256, min(subject) FROM people.files GROUP BY 1 HAVING count(*) = 1 ORDER BY 1"
    )
    sha256, subject = owner.dice.choice(owner.curs.fetchall())
    return sha256, subject


def first_word_of(owner: Owner, sha256: str) -> int:
    found: int = owner.one(
        "SELECT min(notification_id) FROM log_events"
        " WHERE convert_from(state, 'UTF8')::json #>> '{event,sha256}' = %s",
        sha256,
    )
    return found


def changed_file(owner: Owner, path: Path) -> None:
    content = path.read_bytes()
    match owner.dice.randrange(3):
        case 0:
            path.write_bytes(owner.flipped(content))
        case 1:
            path.write_bytes(content[: owner.dice.randrange(len(content))])
        case 2:
            path.unlink()


def shifted(owner: Owner, after: int, by: int) -> None:
    """Past the unique index: by way of positions that nobody has."""
    move = "UPDATE log_events SET notification_id = -notification_id WHERE notification_id > %s"
    owner.curs.execute(move, (after,))
    owner.curs.execute(
        "UPDATE log_events SET notification_id = %s - notification_id WHERE notification_id < 0",
        (by,),
    )


def copied(owner: Owner, at: int, to: int) -> None:
    """The same event once more, as the next of its stream."""
    owner.do(
        "INSERT INTO log_events (originator_id, originator_version, topic, state, notification_id)"
        " SELECT originator_id, (SELECT max(originator_version) + 1 FROM log_events AS others"
        " WHERE others.originator_id = log_events.originator_id), topic, state, %s"
        " FROM log_events WHERE notification_id = %s",
        to,
        at,
    )


def refuse(journal: Path, case_no: str) -> None:
    """A row more, which is refused: the citizen was offered the programme before."""
    row = f"31;07-05-2019 09:00;kons-1;OFFER;{case_no};;;;;\r\n"
    journal.write_bytes(journal.read_bytes() + row.encode())


@contextmanager
def owned(teten: Teten, folder: Path, seed: int) -> Iterator[Owner]:
    """A log of several programmes, signed several times, with a tail that isn't signed yet."""
    for number in range(SCHEMES):
        data = tiny(folder / str(number), programme=f"P{number}", cases=f"C{number}")
        refuse(data / "journal.csv", f"C{number}-1")
        import_into(teten, data)
        if number < SCHEMES - 1:
            teten.checkpoints.make()
    teten.checkpoints.tiles.extend()
    with (
        psycopg.connect(teten.url, autocommit=True) as connection,
        connection.cursor(binary=True) as curs,
    ):
        for table in GUARDED:
            curs.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        for table in KEPT:
            curs.execute(f"CREATE TABLE kept_{table.replace('.', '_')} AS TABLE {table}")
        yield Owner(teten, curs, random.Random(seed))


@contextmanager
def put_back(owner: Owner) -> Iterator[None]:
    """Whatever was done is undone."""
    folders = (owner.folder, owner.teten.settings.files)
    files = {path: path.read_bytes() for folder in folders for path in folder.rglob("*.*")}
    try:
        yield
    finally:
        for table in KEPT:
            owner.curs.execute(f"DELETE FROM {table}")
            owner.curs.execute(f"INSERT INTO {table} TABLE kept_{table.replace('.', '_')}")
        for path, content in files.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def missed(owner: Owner, how: Change) -> str | None:
    """Make that change. None: it was found, and named; otherwise what was told instead."""
    with put_back(owner):
        traced = how(owner)
        findings = verify(owner.teten.checkpoints, owner.teten.files, owner.teten.outside).findings
    named = [f for f in findings if f.kind in traced.kinds and f.position == traced.position]
    earlier = [
        f for f in findings if f.position is not None and f.position < (traced.position or 0)
    ]
    if named and not earlier:
        return None
    return f"{how.__name__}: expected {traced}, told {findings[:3]}"


def untouched(owner: Owner) -> bool:
    return not verify(owner.teten.checkpoints, owner.teten.files, owner.teten.outside).findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.configure(WARNING)
    folder = Path(tempfile.mkdtemp())
    with embedded(folder / "server") as server, fresh_database(server) as url:
        settings = Settings(folder, url, folder / "master.key")
        with opened(settings) as teten, owned(teten, folder / "data", asked.seed) as owner:
            return run(owner, asked.changes)


def run(owner: Owner, changes: int) -> int:
    made: Counter[str] = Counter()
    unseen, false_alarms = [], 0
    for _ in range(changes):
        how = owner.dice.choice(CHANGES)
        made[how.__name__] += 1
        told = missed(owner, how)
        if told:
            unseen.append(told)
            sys.stdout.write(f"{told}\n")
        false_alarms += not untouched(owner)
    for name, count in sorted(made.items()):
        sys.stdout.write(f"{count:6} {name.replace('_', ' ')}\n")
    sys.stdout.write(
        f"{changes} changes to a log of {owner.head} events: {changes - len(unseen)} found and located, "
        f"{len(unseen)} not; {false_alarms} times something was found where nothing was changed.\n"
    )
    return bool(unseen or false_alarms)


if __name__ == "__main__":
    sys.exit(main())
