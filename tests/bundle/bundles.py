"""A log with two programmes in it, of which one is bundled; and bundles as an auditor meets them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from domain.case.invoices import ReceiveInvoice
from domain.money import kr
from domain.words import Refused
from service.app import Teten, opened
from service.bundle.making import make
from service.bundle.verify import MANIFEST, Bundle
from service.bundle.wanted import Wanted
from service.evidence.notes import Signer, signed
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import change, tiny

FIRST, LAST = date(2019, 1, 1), date(2019, 12, 31)


@contextmanager
def town(server: str, home: Path) -> Iterator[Teten]:
    """A municipality with the programmes TT and TU, of which a checkpoint was made after each."""
    with fresh_database(server) as url, opened(Settings(home, url, home / "master.key")) as running:
        other = tiny(home / "tt")
        change(other / "cases.csv", "610190-1001", "640190-1004")  # Not the citizen of U-1.
        import_into(running, other)
        attempt(running, "TT")
        running.checkpoints.make()
        import_into(running, tiny(home / "tu", programme="TU", cases="U"))
        attempt(running, "TU")
        running.checkpoints.make()
        attempt(running, "TU", case_no="U-2")  # No checkpoint speaks of it yet.
        yield running


def attempt(teten: Teten, programme: str, **but: str) -> None:
    """Two that are refused: too large a loss, and an invoice that says something personal as its order."""
    loss = {"line_no": 1, "amount": "600.00"}
    asked = {"programme": programme, "case_no": f"{programme[-1]}-1", "by": "fin-1", **loss, **but}
    with pytest.raises(Refused):
        teten.clerk.in_plain("DeclareLoss", asked)
    invoice = ReceiveInvoice(
        id=f"{programme}/{but}",
        by="system",
        at=datetime(2019, 5, 7, tzinfo=UTC),
        programme=programme,
        effective_on=date(2019, 5, 7),
        file="F-1.xml",
        sha256="0" * 64,
        faults=(),
        amount=kr(100),
        number="F-1",
        supplier_cvr="95429114",
        supplier_name="Cykelhandleren",
        issued_on=date(2019, 5, 6),
        buyer_gln="5799999990014",
        order_reference="Brækkede benet",
    )
    with pytest.raises(Refused, match="unknown_order"):
        teten.log.handle(invoice)


def bundled(teten: Teten, folder: Path, **wanted: Any) -> dict[str, Any]:
    """The bundle of TU in that folder, and what was told of it."""
    asked: dict[str, Any] = {"programme": "TU", "since": FIRST, "through": LAST} | wanted
    return make(teten, Wanted(**asked), folder)


def wrong(folder: Path, vkey: str | None = None) -> list[str]:
    """What its own program finds wrong with a bundle."""
    try:
        return [each for found in Bundle(folder, vkey).verify().values() for each in found]
    except (OSError, ValueError, LookupError) as error:
        return [f"no whole bundle: {error}"]


def content(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def rows(folder: Path, name: str) -> list[Any]:
    """The lines of a file of JSON."""
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def resigned(folder: Path, signer: Signer) -> None:
    """As somebody would who changed the bundle and has a key: the manifest lists what is there now."""
    note = (folder / MANIFEST).read_text("utf-8")
    lines = note.split("\n")[:2]
    for name, each in content(folder).items():
        if name != MANIFEST:
            lines.append(f"{sha256(each).hexdigest()} {len(each)} {name}")
    (folder / MANIFEST).write_text(signed("".join(f"{x}\n" for x in lines), [signer]), "utf-8")
