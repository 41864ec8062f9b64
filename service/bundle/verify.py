"""Verify an auditor's bundle of Teten: offline, with Python 3.9 or newer and `cryptography` alone.

    python3 verify.py --vkey VKEY [--witness VKEY] [--key FILE] [--json] [BUNDLE]

VKEY is the log's public key, which you were given by another way than this bundle. Exit code 0: all is as
it was made and signed; 1: each line says what is not, and where.
It shares no code with Teten. Formats: RFC 6962; C2SP signed-note, tlog-checkpoint, -proof, -cosignature.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hmac
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MANIFEST, FORMAT, SEALING = "MANIFEST", "teten-bundle/v1", b"teten bundle encryption"
HASH, NO_EVENT = 32, sha256(b"\0").digest()  # The leaf of a position that no event bears.
ED25519, COSIGNATURE = 1, 4  # Kinds of keys.
SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
CHECKS = ("files", "keys", "witnesses", "log", "attempts", "proofs", "vouchers", "words")
ATTEMPTS = re.compile(r"^attempts (\d+) (\S+)$", re.MULTILINE)


class Note(NamedTuple):
    """A text, and who signed it: name, key id and signature (C2SP signed-note)."""

    text: str
    signatures: list[tuple[str, str, bytes]]

    @classmethod
    def parse(cls, content: bytes) -> Note:
        text, _, below = content.decode().rpartition("\n\n")
        signatures = []
        for line in below[:-1].split("\n"):
            found = SIGNATURE.fullmatch(line)
            signature = base64.b64decode(found[2], validate=True) if found else b""
            if not found or base64.b64encode(signature).decode() != found[2] or below[-1:] != "\n":
                raise ValueError("it is no signed note")
            signatures.append((found[1], signature[:4].hex(), signature[4:]))
        return cls(text + "\n", signatures)


class Key(NamedTuple):
    """A public key, as text `name+key id+base64(kind || key)`."""

    name: str
    id: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Key:
        name, key_id, encoded = [*vkey.strip().split("+", 2), "", ""][:3]
        key = base64.b64decode(encoded, validate=True)
        known = len(key) == 1 + HASH and key[0] in (ED25519, COSIGNATURE)
        if not known or sha256(name.encode() + b"\n" + key).hexdigest()[:8] != key_id:
            raise ValueError(f"not the public key of a log or a witness: {vkey[:60]!r}")
        return cls(name, key_id, key[0], key[1:])

    def signed(self, note: Note) -> bool:
        """Whether this key signed it. ValueError: it is said to have, and has not."""
        for name, key_id, signature in note.signatures:
            if (name, key_id) == (self.name, self.id):
                signed, text = signature, note.text.encode()
                if self.kind == COSIGNATURE:
                    time, signed = int.from_bytes(signature[:8], "big"), signature[8:]
                    text = f"cosignature/v1\ntime {time}\n".encode() + text
                try:
                    Ed25519PublicKey.from_public_bytes(self.public).verify(signed, text)
                except InvalidSignature:
                    raise ValueError(f"the signature of {name} is not of this text") from None
                return True
        return False


class Event(NamedTuple):
    """Where it stands, the hash of its leaf, and what it says."""

    position: int
    stream: str
    version: int
    leaf: bytes
    said: dict[str, Any]


class Tree:
    """RFC 6962, leaf after leaf: the roots of the whole subtrees so far, the largest first."""

    def __init__(self) -> None:
        self.size, self.roots = 0, list[bytes]()

    def add(self, leaf: bytes) -> None:
        whole = self.size = self.size + 1
        while whole % 2 == 0:
            leaf, whole = node(self.roots.pop(), leaf), whole // 2
        self.roots.append(leaf)

    def root(self) -> str:
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node(left, root)
        return base64.b64encode(root).decode()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def root_by(path: list[bytes], index: int, size: int, leaf: bytes) -> bytes:
    """The root that an audit path (RFC 6962, 2.1.1) leads to."""
    if size == 1 and not path:
        return leaf
    left = 1 << ((size - 1).bit_length() - 1)
    if index < left:
        return node(root_by(path[:-1], index, left, leaf), path[-1])
    return node(path[-1], root_by(path[:-1], index - left, size - left, leaf))


def hash_of(file: Path) -> str:
    found = sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


class Bundle:
    """A bundle and its checks: each yields what is wrong, and notes in `told` what it saw."""

    def __init__(self, folder: Path, vkey: str | None = None, key: Path | None = None) -> None:
        self.folder = folder
        self.manifest = self.note(MANIFEST)
        form, made, *lines = self.manifest.text[:-1].split("\n")
        if form != FORMAT:
            raise ValueError(f"{MANIFEST} is not of the form {FORMAT}")
        self.made: dict[str, Any] = json.loads(made)
        listed = (line.split(" ", 2) for line in lines)
        self.listed = {name: (digest, int(size)) for digest, size, name in listed}
        self.vkeys = [line.strip() for line in self.lines("keys.txt")]
        self.keys = [Key.parse(vkey) for vkey in self.vkeys]
        self.given = Key.parse(vkey) if vkey else None
        self.witnesses: list[Key] = []
        sealing = hmac.digest(bytes.fromhex(key.read_text()), SEALING, "sha256") if key else b""
        self.cipher = AESGCM(sealing) if sealing else None
        self.told: dict[str, Any] = {"made": self.made}

    def lines(self, name: str) -> Iterator[str]:
        with (self.folder / name).open(encoding="utf-8", newline="\n") as file:
            yield from file

    def files(self, folder: str) -> list[str]:
        return [name for name in self.listed if name.startswith(folder)]

    def note(self, name: str) -> Note:
        return Note.parse((self.folder / name).read_bytes())

    def checkpoints(self) -> dict[int, Note]:
        """By size. ValueError: one under another's name, so that it could stand in for it."""
        names = [name for name in self.files("checkpoints/") if name.endswith(".checkpoint")]
        notes = {int(note.text.split("\n")[1]): note for note in map(self.note, names)}
        if {f"checkpoints/{size}.checkpoint" for size in notes} != set(names):
            raise ValueError("a checkpoint isn't called after its size")
        return notes

    def events(self) -> Iterator[Event]:
        """Two lines each: where it stands, and what is stored. Together they are its leaf."""
        with (self.folder / "events.jsonl").open("rb") as file:
            for header in file:
                line = next(file, b"")
                leaf = sha256(b"\0" + header + line[:-1]).digest()
                position, stream, version, _ = json.loads(header)
                yield Event(position, stream, version, leaf, json.loads(line)["event"])

    def opened(self, name: str, sealed: bytes) -> bytes:
        """AES-256-GCM, bound to the name: twelve bytes of nonce, then what is sealed."""
        return self.cipher.decrypt(sealed[:12], sealed[12:], name.encode()) if self.cipher else b""

    def check_files(self) -> Iterator[str]:
        """Every file is the one that the manifest lists, and there is no other."""
        inside = {each.relative_to(self.folder).as_posix(): each for each in self.folder.rglob("*")}
        folders = {folder.as_posix() for name in self.listed for folder in Path(name).parents}
        for name in sorted(set(inside) - set(self.listed) - folders - {MANIFEST}):
            yield f"{name}: added, the manifest doesn't list it"
        for name, (digest, size) in self.listed.items():
            file = inside.get(name)
            if file is None or file.is_symlink() or not file.is_file():
                yield f"{name}: missing, the manifest lists it"
            elif file.stat().st_size != size or hash_of(file) != digest:
                yield f"{name}: changed, it isn't what the manifest lists"

    def check_keys(self) -> Iterator[str]:
        """A key of the log signed each checkpoint, and each new key came in with the one before."""
        signers = {}
        for size, note in self.checkpoints().items():
            signers[size] = [at for at, key in enumerate(self.keys) if key.signed(note)]
            if note.text.split("\n")[0] not in {self.keys[at].name for at in signers[size]}:
                yield f"checkpoints/{size}.checkpoint: not signed by a key of the log"
        for at in range(1, len(self.keys)):
            name = f"checkpoints/introduction-{at + 1}.note"
            note = self.note(name) if name in self.listed else Note("\n\n\n", [])
            _, vkey, after = note.text.split("\n")[:3]
            both = self.keys[at - 1].signed(note) and self.keys[at].signed(note)
            if self.given not in self.keys[at:] and (not both or vkey != f"key {self.vkeys[at]}"):
                yield f"keys.txt: key {at + 1} was not brought in by the one before it"
            late = (size for size, by in signers.items() if both and size > int(after.split()[1]))
            if any(max(signers[size], default=-1) < at for size in late):
                yield f"checkpoints: key {at} signed one after it was replaced"
        if len(self.manifest.signatures) != 1 or not self.keys[-1].signed(self.manifest):
            yield f"{MANIFEST}: not signed by the log's latest key alone"
        if self.given and self.given not in self.keys:
            yield "keys.txt: the key that you gave is not among the log's: somebody else signed this"

    def check_witnesses(self) -> Iterator[str]:
        """Each that was asked for cosigned some; and an authority stamped those, and nothing else."""
        for size, note in self.checkpoints().items():
            name = f"checkpoints/{size}.stamped"
            if name in self.listed and self.note(name).text != note.text:
                yield f"{name}: not that checkpoint"
        for each in self.witnesses:
            sizes = [size for size, note in self.checkpoints().items() if each.signed(note)]
            self.told.setdefault("cosigned_up_to", {})[each.name] = max(sizes, default=0)
            if not sizes:
                yield f"checkpoints: none is cosigned by {each.name}"

    def leaves(self, name: str, roots: dict[int, set[str]]) -> Iterator[bytes]:
        """The leaves of a tree. ValueError: they don't have the roots that were signed, by size."""
        tree = Tree()
        with (self.folder / name).open("rb") as file:
            for leaf in iter(lambda: file.read(HASH), b""):
                yield leaf
                tree.add(leaf)
                if tree.size in roots and roots[tree.size] != {tree.root()}:
                    raise ValueError(f"{name}: the first {tree.size} are not what was signed")
        if tree.size != max(roots, default=0):
            raise ValueError(f"{name}: {tree.size} leaves, of {max(roots, default=0)} signed")

    def check_log(self) -> Iterator[str]:
        """Each event is the leaf at its position, and each stream is there from its first one on."""
        roots = {size: {note.text.split("\n")[2]} for size, note in self.checkpoints().items()}
        if max(roots, default=0) != self.made["checkpoint"]:
            yield f"checkpoints: the last one is not {self.made['checkpoint']}, that of the bundle"
        (told := self.told).update(events=0, others=0, gaps=0)
        versions, events = Counter[str](), self.events()
        event = next(events, None)
        for position, leaf in enumerate(self.leaves("leaves.bin", roots), start=1):
            if event and event.position == position:
                yield from self.wrong_with(event, leaf, versions[event.stream])
                versions[event.stream] = event.version
                event = next(events, None)
                told["events"] += 1
            else:
                told["gaps" if leaf == NO_EVENT else "others"] += 1
        if event:
            yield f"events.jsonl: position {event.position} is out of order, or past the end"

    def check_attempts(self) -> Iterator[str]:
        """Each is in a tree of its own. One without facts is told in part, and can't be reckoned."""
        roots: dict[int, set[str]] = {}
        for count, root in ATTEMPTS.findall("".join(x.text for x in self.checkpoints().values())):
            roots.setdefault(int(count), set()).add(root)
        leaves, last, self.told["attempts"] = list(self.leaves("attempts.bin", roots)), -1, 0
        for line in self.lines("refused.jsonl"):
            number, _, told = line[1:-2].partition(",")
            hashed = sha256(b"\0" + told.encode()).digest()
            right = hashed == leaves[int(number)] or told.endswith(",null]")
            if not right or int(number) <= last or json.loads(told)[3] != self.made["programme"]:
                yield f"refused.jsonl: {number} is not the attempt that was signed, or not in its place"
            last, self.told["attempts"] = int(number), self.told["attempts"] + 1

    def wrong_with(self, event: Event, leaf: bytes, version: int) -> Iterator[str]:
        where = f"events.jsonl: position {event.position} ({event.stream}, {event.version})"
        kind, _, key = event.stream.partition("-")
        whose = key.split("/")[0] if kind != "case" else event.said.get("programme")
        if event.leaf != leaf:
            yield f"{where} is not the event that the log holds there"
        if event.version != version + 1:
            yield f"{where} follows version {version}"
        if whose != self.made["programme"] and (kind != "case" or not version):
            yield f"{where} is another programme's"

    def check_proofs(self) -> Iterator[str]:
        """Each leads from the event that it holds to the root of the bundle's checkpoint."""
        size, names = self.made["checkpoint"], self.files("proofs/")
        note = "".join(self.lines(f"checkpoints/{size}.checkpoint"))
        for name in names:
            proof, _, below = "".join(self.lines(name)).partition("\n\n")
            form, extra, index, *hashes = proof.split("\n")
            at = int(name[len("proofs/") :].partition(".")[0]) - 1
            leaf = sha256(b"\0" + base64.b64decode(extra.partition(" ")[2])).digest()
            root = root_by([base64.b64decode(each) for each in hashes], at, size, leaf)
            right = (form, index, below) == ("c2sp.org/tlog-proof@v1", f"index {at}", note)
            if not right or f"\n{base64.b64encode(root).decode()}\n" not in note:
                yield f"{name}: not a proof of that event in that checkpoint"
        self.told["proofs"] = len(names)

    def check_vouchers(self) -> Iterator[str]:
        """vouchers.csv has every file that an event names, and those that are here are those files."""
        rows = csv.DictReader(self.lines("vouchers.csv"), delimiter=";")
        told = Counter(included=0, left_out=0, outside=0, missing=0, forgotten=0)
        unnamed = set(self.files("vouchers/"))
        for event in self.events():
            for digest in filter(None, [event.said.get("sha256"), *event.said.get("vouchers", ())]):
                row = next(rows, {})
                where = f"vouchers.csv: {digest} of position {event.position}"
                if (row.get("position"), row.get("sha256")) != (str(event.position), digest):
                    yield f"{where} is not there"
                elif row["file"] and not self.is_file(row["file"], digest):
                    yield f"{where}: {row['file']} is not that file"
                told[str(row.get("status"))] += 1
                unnamed.discard(str(row.get("file")))
        yield from ("vouchers.csv: more than the events name" for _ in rows)
        yield from (f"{name}: no event names it" for name in sorted(unnamed))
        self.told["vouchers"] = dict(told)

    def is_file(self, name: str, digest: str) -> bool:
        if not name.endswith(".sealed"):
            return name in self.listed and self.listed[name][0] == digest
        content = self.opened(name, (self.folder / name).read_bytes())
        return name in self.listed and (not self.cipher or sha256(content).hexdigest() == digest)

    def words(self) -> Iterator[dict[str, Any]]:
        """Texts, each by its reference; what is sealed is opened where there is a key."""
        for line in self.lines("words.jsonl"):
            word = json.loads(line)
            if "sealed" in word and self.cipher:
                sealed = base64.b64decode(word["sealed"], validate=True)
                word["text"] = self.opened(word["ref"], sealed).decode()
            yield word

    def check_words(self) -> Iterator[str]:
        """Each opens. That it is the very text stands the manifest for: the log has a keyed hash."""
        self.told["words"] = sum(1 for _ in self.words())
        yield from ()

    def verify(self) -> dict[str, list[str]]:
        """What is wrong, by check."""
        return {name: list(self.problems(name)) for name in CHECKS}

    def problems(self, name: str) -> Iterator[str]:
        try:
            yield from getattr(self, f"check_{name}")()
        except Exception as error:  # noqa: BLE001 - what can't be checked isn't verified
            yield f"{name} can't be checked: {type(error).__name__}: {error}"


def tell(bundle: Bundle, wrong: dict[str, list[str]]) -> Iterator[str]:
    yield "Bundle of {programme}, {from} to {to}, people: {people}".format_map(bundle.made)
    yield f"The key that signed it: {bundle.vkeys[-1]}"
    for name, problems in wrong.items():
        yield f"{'WRONG' if problems else 'ok   '} {name}"
        yield from (f"      {problem}" for problem in problems)
    yield f"      {json.dumps(bundle.told)}"
    if bundle.made["people"] == "sealed" and not bundle.cipher:
        yield "What is sealed was not looked at: that takes --key."
    if any(wrong.values()):
        yield from ("This bundle is NOT what was made and signed.", "Pakken er IKKE i orden.")
    elif bundle.given:
        yield "This bundle is what was made and signed."
        yield "Pakken er i orden: intet er ændret."
    else:
        yield "CAUTION: YOU GAVE NO KEY. It is whole, but whoever made it may have signed it: --vkey"
        yield "Pakken er hel, men enhver kan have lavet den: giv loggens nøgle med --vkey."


def main() -> int:
    ask = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    ask.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).parent)
    ask.add_argument("--vkey", help="the log's public key, as you were given it")
    ask.add_argument("--witness", action="append", default=[], help="a witness's public key")
    ask.add_argument("--key", type=Path, help="the file that opens what is sealed")
    ask.add_argument("--json", action="store_true", help="data instead of text")
    try:
        given = ask.parse_args()
        bundle = Bundle(given.bundle, given.vkey, given.key)
        bundle.witnesses = [Key.parse(each) for each in given.witness]
        ok = not any((wrong := bundle.verify()).values())
        found = {"ok": ok, "key_given": bool(bundle.given), "wrong": wrong, "told": bundle.told}
        lines = json.dumps(found, indent=1).split("\n") if given.json else tell(bundle, wrong)
        for line in lines:  # A file's name may hold what makes a terminal say something else.
            sys.stdout.write("".join(x if x.isprintable() else "?" for x in line) + "\n")
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing is verified
        sys.exit(f"Nothing is verified: {error or type(error).__name__}\nIntet er efterprøvet.")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
