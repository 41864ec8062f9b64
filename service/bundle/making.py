"""Making a bundle: a folder for an auditor, signed, and the same to the byte when it is made again."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Any

from domain.money import Money
from domain.programme import ProgrammeEstablished
from domain.rules import RulesChanged
from domain.words import Event, Recorded
from projections.balances import Balance
from projections.ledger import Account, Posting, postings
from service.app import Teten
from service.bundle import pages, sample
from service.bundle.events import ProgrammeEvents
from service.bundle.sealing import People
from service.bundle.tables import Tables
from service.bundle.verify import FORMAT, MANIFEST, Bundle
from service.bundle.vouchers import Scope, Vouchers
from service.bundle.wanted import BundleRefused, Wanted
from service.evidence import attempts, proofs
from service.evidence.checkpoints import Made
from service.evidence.notes import signed
from service.evidence.tree import inclusion_proof
from service.formats import hledger

HERE = Path(__file__).parent
PROGRAMS = ("verify.py", "recompute.py", "unseal.py")
REFUSED = """
SELECT a.number, a.hash, c.programme, c.id, c.digest, c.name, c.programme, c.actor, c.at, c.effective_on,
    c.cause, c.recorded_at, c.code, c.facts
FROM evidence.attempts AS a LEFT JOIN commands AS c ON c.id = a.command
WHERE a.number < %s ORDER BY a.number
"""
FREE_TEXT = (
    "order_reference"  # What a supplier wrote: the one fact of a refusal that nobody checked.
)


def make(teten: Teten, wanted: Wanted, folder: Path) -> dict[str, Any]:
    """Write the bundle, and verify it before it gets its name. What `verify.py` saw in it. BundleRefused,
    NotInProgramme, or what reading the log and the vault may raise."""
    if (wanted.people is People.SEALED) != (wanted.seal is not None):
        raise BundleRefused("People are sealed with --seal-key FILE, and only they need it.")
    if wanted.since > wanted.through:
        raise BundleRefused(
            f"{wanted.since} comes after {wanted.through}: there is no such period."
        )
    if wanted.picks == ():
        raise BundleRefused(
            "The sample names nothing. Without --sample all of the period is taken."
        )
    made = _checkpoint(teten, wanted.size)
    with _appearing(folder) as part:
        Making(teten, wanted, made, part).write()
        bundle = Bundle(part, teten.checkpoints.signer().vkey)
        problems = [each for found in bundle.verify().values() for each in found]
        if problems:
            told = "\n".join(problems[:10])
            raise BundleRefused(
                f"What was made doesn't hold, so there is no bundle. Run `teten verify`.\n{told}"
            )
    return bundle.told


def _checkpoint(teten: Teten, size: int | None) -> Made:
    known = teten.checkpoints.all()
    found = [each for each in known if size in (None, each.size)]
    if not found:
        what = "no checkpoint yet" if size is None else f"no checkpoint of size {size}"
        raise BundleRefused(f"There is {what}. `teten checkpoint` makes one of what is there now.")
    return found[-1]


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder that is there whole, or not at all. What a killed run left is begun anew."""
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleRefused(f"{folder} is there already. Choose another name.")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        yield part
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


class Making:
    """One bundle on its way. All is written in one pass over the log."""

    def __init__(self, teten: Teten, wanted: Wanted, made: Made, folder: Path) -> None:
        self._teten, self._wanted, self._made, self._folder = teten, wanted, made, folder
        self._events = ProgrammeEvents(teten.log.pool, wanted.programme, made.size)
        self._cosigned = made.note  # As the bundle has it: a witness may sign meanwhile.
        self._sums: Counter[Account] = Counter()
        self._rules: list[dict[str, Any]] = []
        self._scope: Scope = sample.Period(wanted.since, wanted.through)
        self._sampled: dict[int, bytes] = {}  # By position, the leaf of each event of the sample.
        if wanted.picks is not None:
            picked = sample.found(wanted.picks, self._events)
            self._scope, self._sampled = picked, dict.fromkeys(picked.positions, b"")

    def write(self) -> None:
        vouchers = self._write_events()
        attempts = self._write_refused()
        self._write_checkpoints()
        self._write_proofs()
        self._put("rules.json", json.dumps(self._rules, ensure_ascii=False, indent=1) + "\n")
        figures = self._figures()
        self._put("figures.json", json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
        for name in PROGRAMS:
            self._put(name, (HERE / name).read_text("utf-8"))
        told = {"figures": figures["figures"], "rules": self._rules, "refused": attempts}
        told |= {"vouchers": vouchers.told, "words": vouchers.words, "sampled": self._sampled}
        checkpoint = self._teten.checkpoints.opened(self._made)
        key = self._teten.checkpoints.signer().verifier
        for name, text in pages.written(self._wanted, checkpoint, key, self._made.made_at, told):
            self._put(name, text)
        self._write_manifest()

    def _write_events(self) -> Vouchers:
        wanted = self._wanted
        with ExitStack() as open_files:
            vouchers = Vouchers(self._teten, self._folder, self._scope, wanted.people, wanted.seal)
            tables = Tables(self._folder)
            open_files.enter_context(closing(vouchers))
            open_files.enter_context(closing(tables))
            leaves, events, ledger = (
                open_files.enter_context((self._folder / name).open("wb"))
                for name in ("leaves.bin", "events.jsonl", "ledger.journal")
            )
            ledger.write(hledger.OPENING.format(programme=wanted.programme).encode())
            for leaf in self._events.leaves():
                leaves.write(leaf.hash)
                if leaf.news:
                    events.write(leaf.content + b"\n")
                    booked = postings(leaf.news.event)
                    if booked:
                        text = hledger.transaction(leaf.news, wanted.programme, booked)
                        ledger.write(text.encode())
                    self._reckon(leaf.news, booked)
                    tables.take(leaf.news, booked)
                    vouchers.take(leaf, leaf.news)
                    if leaf.news.position in self._sampled:
                        self._sampled[leaf.news.position] = leaf.content
        return vouchers

    def _reckon(self, news: Recorded[Event], booked: list[Posting]) -> None:
        """The accounts by the bundle's last day, and the rules from each of their days on."""
        if news.effective_on <= self._wanted.through:
            for posting in booked:
                self._sums[posting.account] += posting.amount.ore
        match news.event:
            case ProgrammeEstablished(terms=terms):
                self._rule(news.position, None, terms.rules.model_dump(mode="json"))
            case RulesChanged(rules=rules, in_force_from=day):
                self._rule(news.position, str(day), rules.model_dump(mode="json"))

    def _rule(self, position: int, day: str | None, rules: dict[str, Any]) -> None:
        self._rules.append({"position": position, "in_force_from": day, "rules": rules})

    def _figures(self) -> dict[str, Any]:
        accounts = {account: Money(ore) for account, ore in sorted(self._sums.items())}
        day = self._wanted.through
        figures = Balance(days={day: accounts}).figures(day)
        return {
            "as_of": str(day),
            "accounts": {account.value: str(amount) for account, amount in accounts.items()},
            "figures": figures.model_dump(mode="json"),
        }

    def _write_refused(self) -> int:
        """Those that the checkpoint speaks of: all hashes, and the programme's own as they were hashed. What
        a supplier wrote takes its facts with it, unless people are open; and the command's digest, without
        which nobody can hold a guess at the facts to the attempt's hash."""
        told = attempts.LINE.search(self._made.note)
        count = 0
        with (
            (self._folder / "refused.jsonl").open("wb") as out,
            (self._folder / "attempts.bin").open("wb") as hashes,
            self._teten.log.pool.connection() as connection,
            connection.transaction(),
            connection.cursor("refused") as rows,
        ):
            rows.execute(REFUSED, (int(told[1]) if told else 0,))
            for number, hashed, programme, *attempt in rows:
                hashes.write(hashed)
                if programme == self._wanted.programme:
                    if self._wanted.people is not People.OPEN and FREE_TEXT in attempt[-1]:
                        attempt[1] = attempt[-1] = None
                    out.write(b"[%d,%s]\n" % (number, attempts.leaf(attempt)))
                    count += 1
        return count

    def _write_checkpoints(self) -> None:
        """All up to the bundle's own, with what witnesses signed below, and time stamps."""
        for each in self._teten.checkpoints.all():
            if each.size > self._made.size:
                continue
            cosigned = self._note(each)
            if each.size == self._made.size:
                self._cosigned = cosigned
            self._put(f"checkpoints/{each.size}.checkpoint", cosigned)
            stamp = self._teten.checkpoints.path(each.size).with_suffix(".tsr")
            if stamp.exists():
                (self._folder / "checkpoints" / stamp.name).write_bytes(stamp.read_bytes())
                self._put(f"checkpoints/{each.size}.stamped", each.note)
        for note in sorted(self._teten.checkpoints.folder.glob("introduction-*.note")):
            self._put(f"checkpoints/{note.name}", note.read_text("utf-8"))
        keys = self._teten.checkpoints.verifiers()
        self._put("keys.txt", "".join(f"{key.vkey}\n" for key in keys))

    def _note(self, made: Made) -> str:
        with self._teten.log.pool.connection() as connection:
            lines = connection.execute(
                'SELECT line FROM evidence.cosignatures WHERE size = %s ORDER BY line COLLATE "C"',
                (made.size,),
            ).fetchall()
        return made.note + "".join(f"{line}\n" for (line,) in lines)

    def _write_proofs(self) -> None:
        """One for each event of the sample, with the event in it: it can be handed on alone."""
        note, size = self._cosigned, self._made.size
        with self._teten.checkpoints.tiles.reading() as nodes:
            for position, content in sorted(self._sampled.items()):
                path = inclusion_proof(position - 1, size, nodes)
                text = proofs.written(position, content, path, note)
                self._put(f"proofs/{position}.tlog-proof", text)

    def _write_manifest(self) -> None:
        """A line for every file, signed with the key that signs the checkpoints."""
        wanted = self._wanted
        asked = {
            "programme": wanted.programme,
            "from": str(wanted.since),
            "to": str(wanted.through),
            "people": wanted.people.value,
            "sample": None if wanted.picks is None else list(wanted.picks),
            "checkpoint": self._made.size,
        }
        lines = [FORMAT, json.dumps(asked, ensure_ascii=False)]
        files = (each for each in self._folder.rglob("*") if each.is_file())
        for name, file in sorted(
            (each.relative_to(self._folder).as_posix(), each) for each in files
        ):
            with file.open("rb") as opened:
                digest = file_digest(opened, "sha256").hexdigest()
            lines.append(f"{digest} {file.stat().st_size} {name}")
        text = "".join(f"{line}\n" for line in lines)
        self._put(MANIFEST, signed(text, [self._teten.checkpoints.signer()]))

    def _put(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
