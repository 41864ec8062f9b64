"""Is everything as it should be? Each check says what it found."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from stat import S_IRGRP, S_IROTH, S_IWGRP, S_IWOTH
from typing import NamedTuple

from domain.words import EVENTS
from projections.completeness import check as check_vouchers
from projections.papers import papers
from projections.programmes import programmes
from service import beside
from service.app import Teten
from service.entries import UnknownEvent
from service.intake import queue
from service.migrations import applied, changed
from service.people.files import FileLost
from service.people.forgetting import filed, forgotten
from service.people.sealing import VaultClosed
from service.pictures.workshop import WITHOUT_ENGINES, Workshop, WorkshopClosed
from service.reading.models import TesseractMissing, models
from service.rows import ProjectionsBehind


class Check(NamedTuple):
    name: str
    ok: bool
    says: str


def examine(teten: Teten, *, quickly: bool = False) -> list[Check]:
    """All checks; or those that cost about the same however long the log is and however many files there
    are."""
    checks: tuple[Callable[[Teten], Iterator[Check]], ...] = (
        _database,
        _archive,
        _tables,
        _append_only,
        _events,
        _positions,
        _projections,
        _vault,
        _secrets,
        _checkpoint,
        _parts,
        _places,
        _webhooks,
        _letters,
        _pictures,
        _engine,
    )
    if not quickly:
        checks = (*checks, _confinement, _keys, _files, _vouchers)
    return [check for examine_part in checks for check in examine_part(teten)]


def _database(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        version = connection.info.server_version
        fsync = (connection.execute("SHOW fsync").fetchone() or ("?",))[0]
    yield Check("database", ok=True, says=f"PostgreSQL {version // 10_000}.{version % 10_000}")
    yield Check(
        "fsync",
        ok=fsync == "on",
        says=f"{fsync}: a commit {'is' if fsync == 'on' else 'is NOT'} on disk",
    )


def _archive(teten: Teten) -> Iterator[Check]:
    """If the server archives its log for a recovery to a point in time, it has to succeed in it."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT last_archived_wal, last_failed_time > coalesce(last_archived_time, '-infinity')"
            " FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'"
        ).fetchone()
    if found:
        last, failing = found
        says = f"last archived: {last or 'nothing yet'}"
        yield Check("archive", ok=not failing, says=f"{says}{'; fails since' if failing else ''}")


def _tables(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        latest, edited = max(applied(connection)), changed(connection)
    says = f"schema {latest}, each step as it was applied"
    if edited:
        says = f"made by other steps than this version's: {', '.join(edited)}"
    yield Check("tables", ok=not edited, says=says)


def _append_only(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname = 'append_only' AND t.tgenabled = 'A'"
        ).fetchall()
    guarded = {name for (name,) in found}
    for table in ("log_events", "commands", "duties", "looks"):
        ok = table in guarded
        yield Check(
            f"append-only {table}",
            ok,
            "changes are refused" if ok else "its trigger is off or missing",
        )


def _events(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT topic, count(*) FROM log_events GROUP BY topic"
        ).fetchall()
    unknown = {topic: count for topic, count in found if topic not in EVENTS}
    total = sum(count for _, count in found)
    says = f"{total} events of {len(found)} kinds"
    if unknown:
        says += f"; written by a newer version: {', '.join(unknown)}"
    yield Check("log", ok=not unknown, says=says)


def _positions(teten: Teten) -> Iterator[Check]:
    """Early versions left gaps where a write was rolled back. Whether an event was taken away is told by
    what the projections counted."""
    with teten.log.pool.connection() as connection:
        count, highest = connection.execute(
            "SELECT count(*), coalesce(max(notification_id), 0) FROM log_events"
        ).fetchone() or (0, 0)
        gaps = connection.execute(GAPS).fetchall() if count < highest else []
    says = f"{count} events, the highest position is {highest}"
    if gaps:
        named = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in gaps[:GAPS_TOLD])
        more = ", …" if len(gaps) > GAPS_TOLD else ""
        says += f"; no event bears {named}{more}"
    yield Check("positions", ok=True, says=says)


GAPS_TOLD = 5
GAPS = """
SELECT before + 1, position - 1 FROM (
    SELECT notification_id AS position, lag(notification_id, 1, 0::bigint) OVER (ORDER BY notification_id)
        AS before FROM log_events
) AS pairs WHERE position > before + 1 ORDER BY 1
"""


def _projections(teten: Teten) -> Iterator[Check]:
    """Each projection counts the events that it has seen: the log must hold as many up to there."""
    try:
        teten.rows.catch_up()
    except UnknownEvent as error:
        yield Check("projections", ok=False, says=str(error))
    there: dict[int, int] = {}
    for each in teten.rows.standings():
        if each.position not in there:
            there[each.position] = _events_through(teten, each.position)
        says = (
            f"has seen {each.seen} of {there[each.position]} events up to position {each.position}"
        )
        if each.behind:
            age = "" if each.seconds is None else f", for {each.seconds:.0f} seconds"
            says += f"; {each.behind} events behind{age}"
        if each.failing:
            says += f"; fails: {each.failing}"
        ok = each.seen == there[each.position] and not each.failing
        yield Check(f"projection {each.projection}", ok, says)


def _events_through(teten: Teten, position: int) -> int:
    with teten.log.pool.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM log_events WHERE notification_id <= %s", (position,)
        ).fetchone()
    return int(row[0]) if row else 0


def _vault(teten: Teten) -> Iterator[Check]:
    with teten.log.pool.connection() as connection:
        found = connection.execute("SELECT ref FROM people.words LIMIT 1").fetchone()
    try:
        if found:
            teten.vault.read(found[0])
        wanted = teten.vault.keys_wanted()
    except VaultClosed as error:
        yield Check("vault", ok=False, says=str(error))
        return
    says = "opens with the master key" if found else "is empty"
    if wanted:
        says = "its keys are not here: run `teten people restore` with their backup"
    yield Check("vault", ok=not wanted, says=says)


def _keys(teten: Teten) -> Iterator[Check]:
    """Whatever is sealed has its key, unless the log says that it was destroyed."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT subject FROM people.words UNION SELECT subject FROM people.files"
        ).fetchall()
        told, since = forgotten(connection).citizens, filed(connection).keys()
    keys, destroyed = teten.keys.subjects(), teten.keys.destroyed()
    wanted = sorted({subject for (subject,) in found} - keys - told - since)
    says = f"{len(keys)} keys, {len(told)} citizens forgotten"
    if wanted:
        named = ", ".join(wanted[:KEYS_TOLD]) + (", …" if len(wanted) > KEYS_TOLD else "")
        says += f"; wanted: {len(wanted)} ({named}): run `teten people restore`"
    if untold := sorted(destroyed - told - since):
        says += f"; destroyed, and the log doesn't say so: {', '.join(untold[:KEYS_TOLD])}"
    if left := [*teten.forgetting.unfinished(), *teten.forgetting.filed()]:
        says += (
            f"; forgotten or filed, and not destroyed yet: {len(left)}: run `teten people finish`"
        )
    yield Check("keys", ok=not (wanted or untold or left), says=says)


KEYS_TOLD = 5


def _secrets(teten: Teten) -> Iterator[Check]:
    """Whoever reads a key is whoever the key speaks for."""
    settings = teten.settings
    kept = [
        file for file in (settings.master_key_file, settings.checkpoint_key_file) if file.exists()
    ]
    opened = [f"{file} ({file.stat().st_mode & 0o777:o})" for file in kept if others_read(file)]
    says = f"others than their owner read {', '.join(opened)}" if opened else "their owner's alone"
    yield Check("secret files", ok=not opened, says=says)


def others_read(file: Path) -> bool:
    return bool(file.stat().st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH))


def _files(teten: Teten) -> Iterator[Check]:
    """Every file is read and compared with the SHA-256 under which the log speaks of it."""
    with teten.log.pool.connection() as connection:
        found = connection.execute("SELECT sha256, subject FROM people.files").fetchall()
        told = forgotten(connection).citizens | filed(connection).keys()
    found = [(sha256, subject) for sha256, subject in found if subject not in told]
    lost = []
    for sha256, subject in found:
        try:
            teten.files.read(sha256, subject)
        except FileLost:
            lost.append(sha256)
        except VaultClosed:
            yield Check("files", ok=False, says="can't be opened: see the vault")
            return
    says = f"{len(found)} kept" + (f"; missing or changed: {', '.join(lost)}" if lost else "")
    yield Check("files", ok=not lost, says=says)


def _checkpoint(teten: Teten) -> Iterator[Check]:
    """How old it is, is for the figures: a place where no service runs makes none."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT size, date_trunc('second', now() - made_at), (SELECT count(*) FROM log_events"
            " WHERE notification_id > size) FROM evidence.checkpoints ORDER BY size DESC LIMIT 1"
        ).fetchone()
    says = "none was made yet"
    if found:
        size, age, since = found
        says = f"the latest is of position {size}, made {age} ago; {since} events since"
    yield Check("checkpoint", ok=True, says=says)


def _parts(teten: Teten) -> Iterator[Check]:
    """What runs beside the web server of whichever service has its turn, as that one told last."""
    with teten.log.pool.connection() as connection:
        found = beside.known(connection)
    for part, troubles in groupby(found, lambda each: each.part):
        yield Check(f"part {part}", ok=False, says="; ".join(str(each) for each in troubles))
    if not found:
        yield Check("parts", ok=True, says="none tells of any trouble")


def _places(teten: Teten) -> Iterator[Check]:
    """Where checkpoints are sent: what doesn't arrive proves nothing."""
    for each in teten.outside.standings():
        says = f"has {'none' if each.size is None else each.size}"
        if each.waits_since:
            says += f"; waits since {each.waits_since.isoformat(timespec='seconds')}"
        if each.failing:
            says += f"; fails, tried {each.tries} times: {each.failing}"
        yield Check(f"place {each.place}", ok=not (each.failing or each.lags), says=says)


def _webhooks(teten: Teten) -> Iterator[Check]:
    """What another system doesn't take, it doesn't know of."""
    for each in teten.webhooks.standings():
        yield Check(f"webhook {each.webhook}", ok=not each.in_trouble, says=each.told)


def _letters(teten: Teten) -> Iterator[Check]:
    """A letter that nobody has is no reminder. Those to send by hand are told, and are no alarm."""
    found = teten.letters.counts()
    says = ", ".join(f"{count} {state}" for state, count in found.items()) or "none"
    yield Check("letters", ok=not (found.get("failed") or found.get("stopped")), says=says)


def _pictures(teten: Teten) -> Iterator[Check]:
    """Where nothing reads, the queue only grows."""
    found = queue.length(teten)
    says = f"{found.waiting} wait to be read, {found.unreadable} can't be"
    still = found.seconds() > STANDS_STILL
    if still:
        says += f"; the oldest has waited for {found.seconds() / 3600:.1f} hours: run `teten read`"
    yield Check("pictures", ok=not still, says=says)


def _confinement(_: Teten) -> Iterator[Check]:
    """Strangers' files are opened where nothing else can be, if the kernel sees to it."""
    try:
        with Workshop(WITHOUT_ENGINES) as workshop:
            ok = workshop.confined
        says = "what opens pictures reaches no file, network or other process"
        if not ok:
            says = "what opens pictures reaches files and the network: this kernel has no seccomp"
    except WorkshopClosed as error:
        ok, says = False, str(error)
    yield Check("confinement", ok, says)


def _engine(_: Teten) -> Iterator[Check]:
    """Without Tesseract's Danish model no receipt is read."""
    try:
        says, ok = str(models()), True
    except TesseractMissing as error:
        says, ok = str(error), False
    yield Check("tesseract", ok=ok, says=says)


STANDS_STILL = 3600.0  # Seconds.


def _vouchers(teten: Teten) -> Iterator[Check]:
    """Every posting has its voucher, and every voucher its posting or a reason. A ground that nobody gave
    can't be given any more: it is told, and is no alarm."""
    try:
        with teten.rows.snapshot() as snapshot:
            kept, known = list(snapshot.all(papers).values()), snapshot.all(programmes)
    except (ProjectionsBehind, UnknownEvent):
        return  # A check of its own says so.
    found = [check_vouchers(kept, programme, date.max, date.min) for programme in known]
    breaches = [gap for each in found for gap in each.breaches]
    says = (
        f"{sum(of.count for each in found for of in each.postings)} postings, "
        f"{sum(len(each.gaps) for each in found) - len(breaches)} without a stated ground, "
        f"{sum(len(each.open) for each in found)} vouchers wait"
    )
    if breaches:
        named = ", ".join(f"{gap.what} at {gap.position} ({gap.missing})" for gap in breaches[:5])
        says += f"; {len(breaches)} without their counterpart: {named}"
    yield Check("vouchers", ok=not breaches, says=says)
