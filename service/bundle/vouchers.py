"""Vouchers and words in a bundle: which of them are wanted, and in which form they are handed over."""

import base64
import csv
import json
import re
from collections import Counter
from pathlib import Path
from typing import IO, Protocol

from cryptography.exceptions import InvalidTag

from domain.case import cases
from domain.voucher import VoucherReceived
from domain.words import Event, Recorded
from service.app import Teten
from service.bundle.events import Leaf
from service.bundle.sealing import People, Seal
from service.people.files import FileLost
from service.people.forgetting import filed, forgotten, of_no_case

COLUMNS = ("position", "event", "case", "line", "ref", "effective_on", "sha256", "status", "file")
STATUSES = ("included", "left_out", "outside", "missing", "forgotten")
WORDS = re.compile(rb'"(words-[0-9a-f]{32})"')
ENDINGS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"%PDF": ".pdf"}
MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<")


class Scope(Protocol):
    """Which events' vouchers and words are wanted: those of a period, or of a sample."""

    def wants(self, news: Recorded[Event]) -> bool: ...


class Vouchers:
    """Writes `vouchers.csv`, `vouchers/` and `words.jsonl`, event after event."""

    def __init__(
        self, teten: Teten, folder: Path, scope: Scope, people: People, seal: Seal | None
    ) -> None:
        self._teten, self._folder, self._scope = teten, folder, scope
        self._people, self._seal = people, seal
        self._rows: IO[str] = (folder / "vouchers.csv").open("w", encoding="utf-8", newline="")
        self._words: IO[str] = (folder / "words.jsonl").open("w", encoding="utf-8", newline="\n")
        self._csv = csv.DictWriter(self._rows, COLUMNS, delimiter=";", lineterminator="\r\n")
        self._csv.writeheader()
        self.told = Counter(dict.fromkeys(STATUSES, 0))
        self.words = Counter(included=0, left_out=0, missing=0)
        with teten.log.pool.connection() as connection:
            self._forgotten, self._filed = forgotten(connection).citizens, filed(connection)

    def close(self) -> None:
        self._rows.close()
        self._words.close()

    def take(self, leaf: Leaf, news: Recorded[Event]) -> None:
        """What one event names."""
        wanted = self._scope.wants(news)
        for digest in named(news.event):
            citizen = leaf.citizen or self._of_voucher(news.event)
            status, file = self._voucher(digest, citizen) if wanted else ("outside", "")
            self.told[status] += 1
            self._csv.writerow(
                {
                    "position": news.position,
                    "event": type(news.event).__name__,
                    "case": getattr(news.event, "case_no", None),
                    "line": getattr(news.event, "line_no", None),
                    "ref": getattr(news.event, "ref", None),
                    "effective_on": news.effective_on,
                    "sha256": digest,
                    "status": status,
                    "file": file,
                }
            )
        if wanted:
            for found in dict.fromkeys(WORDS.findall(leaf.content)):
                self._word(news.position, found.decode())

    def _of_voucher(self, event: Event) -> str | None:
        """Whose a voucher that arrived is, now that it may be filed."""
        if not isinstance(event, VoucherReceived):
            return None
        case_no = event.case_no or self._filed.get(of_no_case(event.programme, event.ref))
        return self._teten.log.state(cases, case_no).citizen if case_no else None

    def _voucher(self, digest: str, citizen: str | None) -> tuple[str, str]:
        """Its status, and the name of its file in the bundle."""
        if self._people is People.LEFT_OUT:
            return "left_out", ""
        content = self._content(digest, citizen)
        if content is None:
            return "forgotten" if citizen in self._forgotten else "missing", ""
        name = f"vouchers/{digest}{_ending(content)}"
        if self._people is People.SEALED:
            assert self._seal
            name += ".sealed"
            content = self._seal.seal(name, content)
        (self._folder / name).parent.mkdir(exist_ok=True)
        (self._folder / name).write_bytes(content)
        return "included", name

    def _content(self, digest: str, citizen: str | None) -> bytes | None:
        """Of a case, only what is kept for its own citizen: who was forgotten isn't found through others."""
        with self._teten.log.pool.connection() as connection:
            kept = connection.execute(
                "SELECT subject FROM people.files WHERE sha256 = %s ORDER BY subject", (digest,)
            ).fetchall()
        for (subject,) in kept:
            if citizen in (None, subject):
                try:
                    return self._teten.files.read(digest, subject)
                except (FileLost, InvalidTag):
                    continue
        return None

    def _word(self, position: int, ref: str) -> None:
        if self._people is People.LEFT_OUT:
            self.words["left_out"] += 1
            return
        text = self._teten.vault.read(ref)
        self.words["missing" if text is None else "included"] += 1
        if text is None:
            return
        word = {"position": position, "ref": ref}
        if self._people is People.SEALED:
            assert self._seal
            word["sealed"] = base64.b64encode(self._seal.seal(ref, text.encode())).decode()
        else:
            word["text"] = text
        self._words.write(json.dumps(word, ensure_ascii=False) + "\n")


def named(event: Event) -> list[str]:
    """The SHA-256 of each file that an event names."""
    own = getattr(event, "sha256", None)
    return [*([own] if own else []), *getattr(event, "vouchers", ())]


def _ending(content: bytes) -> str:
    """By what it is, so that it opens with a double click."""
    for beginning, ending in ENDINGS.items():
        if content.startswith(beginning):
            return ending
    return ".xml" if MARKUP.match(content) else ".bin"
