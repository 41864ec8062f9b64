"""Vouchers that arrive: how soon one is answered, what reading it takes, and what a full queue fills."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from domain.programme import Role
from service.access.principal import Kind, Means, Principal
from service.app import Teten, opened
from service.bench.extent import Extent
from service.bench.generator import generate
from service.bench.handed_in import Paper, papers, photograph
from service.bench.memory import Peaks, children, watched
from service.bench.place import Place
from service.bench.scheme import CASEWORKERS
from service.intake import queue
from service.pictures.workshop import Workshop
from service.settings import Settings

PROGRAMME = "P0001"
FIRST = 10  # Photographs at most, one after the other, before all the others come.
SENDERS = 4  # At a time.
PARTS = 10  # Of the queue, after each of which it is told what is filled.
TO_START = 120.0  # Seconds.
LOOKS_EVERY = 0.5  # Seconds, at the queue.
PICTURES = (".png", ".jpg", ".jpeg")
ACCEPTED = 202


class Sender(NamedTuple):
    """Whoever hands over, and where."""

    address: str
    token: str


def intake(place: Place, much: Extent) -> dict[str, Any]:
    """By a service as it is run, with all of its parts; readers are its children."""
    home = place.folder / f"intake-{uuid4()}"
    home.mkdir()
    url = place.log(home.name, generate(100))
    scans = sorted(path for path in much.data_set.rglob("*") if path.suffix.lower() in PICTURES)
    first = min(FIRST, much.photographs)
    found: dict[str, Any] = {
        "photograph_mb": round(len(photograph(0)) / 1_000_000, 1),
        **_one_read(photograph(0)),
        "receipts": much.queued,
    }
    with opened(Settings(home, url, home / "master.key")) as teten:
        teten.rows.catch_up()
        person = Principal(
            person=CASEWORKERS[0],
            roles=frozenset({Role.CASEWORKER}),
            kind=Kind.STAFF,
            means=Means.OIDC,
        )
        with _serving(home, url) as (pid, address), watched(pid, url) as peaks:
            sender = Sender(address, teten.sessions.begin(person))
            found |= {"before": peaks.look().megabytes()}
            took = [_hand_over(sender, photograph(-number)) for number in range(1, first + 1)]
            took = took[1:] or took  # The first finds nothing in memory.
            found |= {
                "answered_p50_ms": round(1_000 * median(took), 1),
                "answered_most_ms": round(1_000 * max(took), 1),
            }
            more = papers(much.queued - first, much.photographs - first, scans)
            found |= _received(sender, more, first) | {"while_received": peaks.taken()}
            found |= _drained(teten, peaks, much.minutes)
    place.drop(home.name)
    return found


@contextmanager
def _serving(home: Path, url: str) -> Iterator[tuple[int, str]]:
    """`teten serve`: its process, and its address."""
    told = {
        "TETEN_HOME": str(home), "TETEN_DATABASE_URL": url, "TETEN_REQUESTS_PER_MINUTE": "1000000",
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
    }  # fmt: skip
    run = [sys.executable, "-P", "-c", "from service.cli import main; main()"]
    log = home / "service.log"
    with (
        log.open("w") as file,
        subprocess.Popen(  # nosec B603 # noqa: S603 - our own Python
            [*run, "serve", "--port", "0"],
            env=os.environ | told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
        ) as process,
    ):
        try:
            yield process.pid, _address(process, log)
        finally:
            process.terminate()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + TO_START
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text("utf-8").splitlines(keepends=True):
            if line.endswith("\n") and '"serving"' in line:
                return urlsplit(str(json.loads(line)["url"])).netloc
        time.sleep(LOOKS_EVERY)
    raise RuntimeError(f"The service didn't start: {log.read_text('utf-8')[-1_000:]}")


def _hand_over(sender: Sender, content: bytes) -> float:
    """Seconds from the first byte sent to the answer, over HTTP."""
    body, kind = _form(content)
    told = {
        "Authorization": f"Bearer {sender.token}",
        "Content-Type": kind,
        "Idempotency-Key": str(uuid4()),
    }
    connection = HTTPConnection(sender.address, timeout=60)
    connection.connect()
    began = time.perf_counter()
    connection.request("POST", "/v1/vouchers", body, told)
    answer = connection.getresponse()
    said = answer.read()
    took = time.perf_counter() - began
    connection.close()
    if answer.status != ACCEPTED:
        raise RuntimeError(said.decode())
    return took


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


def _received(sender: Sender, more: Iterator[Paper], first: int) -> dict[str, Any]:
    """Several at a time, while the service reads what came before."""
    count = Counter({"photographs": first})
    began = time.perf_counter()

    def sent(paper: Paper) -> float:
        count[paper.kind] += 1
        return _hand_over(sender, paper.content)

    took: list[float] = []
    with ThreadPoolExecutor(SENDERS) as senders:
        while at_once := list(islice(more, SENDERS)):
            took += senders.map(sent, at_once)
    return {
        "queued": dict(sorted(count.items())),
        "received_seconds": round(time.perf_counter() - began, 1),
        "received_p50_ms": round(1_000 * median(took), 1) if took else 0.0,
        "received_most_ms": round(1_000 * max(took), 1) if took else 0.0,
    }


def _drained(teten: Teten, peaks: Peaks, minutes: float) -> dict[str, Any]:
    """Until nothing waits, or so many minutes are over: what is filled at the start, after each part, and at
    the end, which would tell of a leak."""
    began, waiting = time.perf_counter(), queue.length(teten).waiting
    start = left = waiting
    filled = [{"read": 0} | peaks.look().megabytes()]
    most = Counter[str]()
    while left and time.perf_counter() - began < 60 * minutes:
        time.sleep(LOOKS_EVERY)
        left = queue.length(teten).waiting
        if start - left >= len(filled) * start / PARTS or not left:
            most |= Counter(peaks.taken())
            filled.append({"read": start - left} | peaks.look().megabytes())
    most |= Counter(peaks.taken())
    took, stands = time.perf_counter() - began, queue.length(teten)
    return {
        "waiting": start,
        "drained": start - stands.waiting,
        "drained_seconds": round(took, 1),
        "read_per_second": round((start - stands.waiting) / took, 2),
        "unreadable": stands.unreadable,
        "while_drained": dict(most),
        "filled": [*filled, {"read": start - stands.waiting} | peaks.look().megabytes()],
    }


def _one_read(content: bytes) -> dict[str, float]:
    """Of a processor and by the clock, once the engines are loaded and have read one before."""
    others = set(children(os.getpid()))
    with Workshop() as workshop:
        workshop.work(content)
        [child] = set(children(os.getpid())) - others
        spent, began = _processor(child), time.perf_counter()
        workshop.work(content)
        return {
            "photograph_processor_seconds": round(_processor(child) - spent, 2),
            "photograph_seconds": round(time.perf_counter() - began, 2),
        }


def _processor(pid: int) -> float:
    """Seconds that it has had."""
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, told[11:13])) / os.sysconf("SC_CLK_TCK")
