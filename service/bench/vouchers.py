"""Vouchers that arrive: how soon one is answered, what reading it takes, and what a full queue fills."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

import uvicorn
from PIL import Image, ImageChops, ImageDraw, ImageFont

from domain.programme import Role
from domain.voucher import Channel
from projections.intake import ReadingState
from service.access.principal import Kind, Means, Principal
from service.api import create_app
from service.app import Teten, opened
from service.bench.extent import Extent
from service.bench.generator import generate
from service.bench.place import Place
from service.bench.processes import Apart
from service.bench.scheme import CASEWORKERS, SYSTEM
from service.followers import Follower
from service.intake import queue
from service.intake.receiving import Arrival, receive
from service.intake.worker import Worker
from service.pictures.workshop import Workshop
from service.settings import Settings

PROGRAMME = "P0001"
SIZE = (3024, 4032)  # Twelve megapixels.
GRAIN = 12.0  # Of the camera: with it, the JPEG has some 4 MB.
QUALITY = 87
LOOKS_EVERY = 0.2  # Seconds, at memory and queue.
PICTURES = (".png", ".jpg", ".jpeg")
GOODS = [f"Vare {number:<14}{number}9,95" for number in range(1, 9)]
LINES = (
    "Cykelhandleren ApS", "Vestergade 12, 8000 Aarhus C", "CVR 95429114", "Dato 03-06-2019 Kl. 17:42",
    "Bon 4711", *GOODS, "I alt DKK        439,60", "Heraf moms        87,92", "Dankort          439,60",
)  # fmt: skip


def intake(place: Place, much: Extent) -> dict[str, Any]:
    """In a process of its own, which is the service; readers are its children."""
    home = place.folder / f"intake-{uuid4()}"
    home.mkdir()
    url = place.log(home.name, generate(100))
    scans = sorted(path for path in much.data_set.rglob("*") if path.suffix.lower() in PICTURES)
    with Apart(Served, url) as apart:
        found: dict[str, Any] = apart.ask(
            "measure", home, scans[: much.queued], much.queued, much.photographs
        )
    place.drop(home.name)
    return found


class Served:
    """The web server, the follower and, when it is time, the worker."""

    def __init__(self, url: str) -> None:
        self._url = url

    def measure(self, home: Path, scans: list[Path], queued: int, photos: int) -> dict[str, Any]:
        with opened(Settings(home, self._url, home / "master.key")) as teten:
            teten.rows.catch_up()
            took = list(_handed_over(teten, [photograph(number) for number in range(photos)]))
            took = took[1:] or took  # The first finds nothing in memory.
            found = {
                "photograph_mb": round(len(photograph(0)) / 1_000_000, 1),
                "answered_p50_ms": round(1_000 * median(took), 1),
                "answered_most_ms": round(1_000 * max(took), 1),
                **_one_read(photograph(0)),
            }
            for number, scan in enumerate(islice(cycle(scans), queued - photos)):
                arrival = Arrival(PROGRAMME, SYSTEM, Channel.FOLDER, scan.read_bytes())
                receive(teten, arrival, f"bench/{number}", "teten bench")
            return found | {"photographs": photos} | _drained(teten)

    def close(self) -> None:
        """Nothing is kept open."""


def photograph(number: int) -> bytes:
    """A receipt as a phone takes it, filling the picture, each another file."""
    paper = Image.new("RGB", SIZE, "white")
    pen, step = ImageDraw.Draw(paper), SIZE[1] // (len(LINES) + 2)
    font = ImageFont.load_default(step * 5 // 12)
    for at, line in enumerate(LINES, 1):
        pen.text((250, at * step), line, (40, 40, 40), font)
    grain = Image.effect_noise(SIZE, GRAIN)
    made = BytesIO()
    shade = ImageChops.add(paper, Image.merge("RGB", (grain, grain, grain)), 1, -128 - 20)
    shade.save(made, "JPEG", quality=QUALITY, comment=str(number).encode())
    return made.getvalue()


def _handed_over(teten: Teten, contents: list[bytes]) -> Iterator[float]:
    """Seconds from the first byte sent to the answer, one after the other, over HTTP."""
    person = Principal(
        person=CASEWORKERS[0], roles=frozenset({Role.CASEWORKER}), kind=Kind.STAFF, means=Means.OIDC
    )
    headers = {"Authorization": f"Bearer {teten.sessions.begin(person)}"}
    with _serving(teten) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        for content in contents:
            body, kind = _form(content)
            told = headers | {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
            began = perf_counter()
            connection.request("POST", "/v1/vouchers", body, told)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 202:  # noqa: PLR2004 - Accepted.
                raise RuntimeError(said.decode())
            yield perf_counter() - began


def _form(content: bytes) -> tuple[bytes, str]:
    """A voucher and its file, as multipart/form-data."""
    border = uuid4().hex
    head = f"--{border}\r\nContent-Disposition: form-data; name="
    wish = json.dumps({"programme": PROGRAMME})
    parts = (
        f'{head}"command"\r\nContent-Type: application/json\r\n\r\n{wish}\r\n'
        f'{head}"file"; filename="1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    return parts.encode() + content + f"\r\n--{border}--\r\n".encode(), (
        f"multipart/form-data; boundary={border}"
    )


@contextmanager
def _serving(teten: Teten) -> Iterator[int]:
    follower = Follower(teten.url, teten.rows, died=lambda: None)
    follower.start()
    web = create_app(teten, follower)
    server = uvicorn.Server(uvicorn.Config(web, log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
            follower.stop()


def _one_read(content: bytes) -> dict[str, float]:
    """Of a processor and by the clock, once the engines are loaded and have read one before."""
    with Workshop() as workshop:
        workshop.work(content)
        [child] = _children()
        spent, began = _processor(child), perf_counter()
        workshop.work(content)
        return {
            "photograph_processor_seconds": round(_processor(child) - spent, 2),
            "photograph_seconds": round(perf_counter() - began, 2),
        }


def _drained(teten: Teten) -> dict[str, Any]:
    """By the worker of a service, with what all its processes fill at most, shared pages once."""
    waiting = queue.standing(teten, ReadingState.WAITING)
    follower, worker, peak = Follower(teten.url, teten.rows, died=lambda: None), Worker(teten), 0
    began = perf_counter()
    follower.start()
    worker.start()
    try:
        while queue.length(teten).waiting:
            peak = max(peak, sum(map(_filled, (os.getpid(), *_children()))))
            sleep(LOOKS_EVERY)
        took = perf_counter() - began
        unread = queue.length(teten).unreadable
    finally:
        worker.stop()
        follower.stop()
    return {
        "queued": waiting,
        "drained_seconds": round(took, 1),
        "read_per_second": round(waiting / took, 2),
        "unreadable": unread,
        "peak_memory_mb": peak // 1_000_000,
    }


def _children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found += [int(pid) for pid in task.read_text("ascii").split()]
    return found


def _filled(pid: int) -> int:
    """Bytes in memory; what several processes share is shared out among them (PSS)."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1_024 for row in told.splitlines() if "Pss:" in row), 0)


def _processor(pid: int) -> float:
    """Seconds that it has had."""
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, told[11:13])) / os.sysconf("SC_CLK_TCK")
