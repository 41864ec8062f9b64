"""The workshop's child process: opens, copies and reads one file after another, and knows nothing else.

It holds no connection, no key and no setting of the service's, can open nothing any more once the first file
comes, and what it answers is JSON and JPEGs, never objects: whoever takes it over through a decoder's defect
is still outside.
"""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from io import BytesIO
from multiprocessing.connection import Connection
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel

from domain.reading import Reading
from service.pictures.confining import confine
from service.pictures.deriving import derive
from service.pictures.opening import open_document
from service.pictures.unreadable import Reason, Unreadable

COPY, READ = b"C", b"R"  # Before a file: what is wanted of it.
GRACE = 2  # Seconds by the clock after which it ends by itself, should its parent be gone.


class Told(BaseModel):
    """What it answers, before the copies: that it is ready, or what became of a file."""

    confined: bool = False
    failed: str | None = None
    reason: Reason | None = None
    worn: bool = False  # It ran out of memory, perhaps for what it did before.
    media_type: str = ""
    pages: int = 0
    reading: Reading | None = None


class Reads(Protocol):
    def read(self, pages: Sequence[Image.Image]) -> Reading: ...


def main(descriptor: int, factory: str, megabytes: int, seconds: float) -> None:
    pipe = Connection(descriptor)
    for each in (signal.SIGINT, signal.SIGTERM):  # They are for the parent, which lets it finish.
        signal.signal(each, signal.SIG_IGN)
    with ExitStack() as until_done:
        try:
            reader = until_done.enter_context(_made(factory))
            _rehearse(reader)
            confined = confine(megabytes)
            _rehearse(reader)
        except Exception as error:  # noqa: BLE001 - Whatever an engine lacks, its words help whoever installs it.
            # nosemgrep: told-of-anything - no file has come yet that it could quote
            _tell(pipe, Told(failed=f"{type(error).__name__}: {error}"[:1000]))
            return
        _tell(pipe, Told(confined=confined))
        while True:
            try:
                asked = pipe.recv_bytes()
            except (EOFError, OSError):
                return
            # By the kernel, whatever a decoder is stuck in.
            signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
            _answer(pipe, asked[:1], asked[1:], reader)
            signal.setitimer(signal.ITIMER_REAL, 0)


def _made(factory: str) -> AbstractContextManager[Reads]:
    module, _, name = factory.partition(":")
    make: Callable[[], AbstractContextManager[Reads]] = getattr(import_module(module), name)
    return make()


def _rehearse(reader: Reads) -> None:
    """What libraries load when they first need it is loaded before nothing can be any more; and what they
    need of the system later is seen to be there, before a file is blamed for it."""
    page = Image.new("L", (400, 200), "white")
    ImageDraw.Draw(page).text((20, 60), "Kvittering 123,45", "black", ImageFont.load_default(40))
    for form in ("JPEG", "PNG", "PDF"):
        page.save(made := BytesIO(), form)
        document = open_document(made.getvalue())
        derive(document)
    reader.read(document.pages)


@contextmanager
def nothing_to_read_with() -> Iterator[Reads]:
    """For whom copies are enough: engines take long to load."""
    yield _Blind()


class _Blind:
    def read(self, pages: Sequence[Image.Image]) -> Reading:
        return Reading(readers=(), pages=len(pages))


def _answer(pipe: Connection, wanted: bytes, content: bytes, reader: Reads) -> None:
    try:
        document = open_document(content)
        derived = derive(document)
        reading = reader.read(document.pages) if wanted == READ else None
    except Unreadable as error:
        _tell(pipe, Told(reason=error.reason))
    except MemoryError:
        _tell(pipe, Told(reason="too_much_memory", worn=True))
    except Exception:  # noqa: BLE001 - One file's; told as such, and the next one is read.
        _tell(pipe, Told(reason="reader_failed"))
    else:
        pages = len(document.pages)
        _tell(pipe, Told(media_type=document.media_type, pages=pages, reading=reading))
        pipe.send_bytes(derived.upright)
        pipe.send_bytes(derived.thumbnail)


def _tell(pipe: Connection, told: Told) -> None:
    pipe.send_bytes(told.model_dump_json(exclude_defaults=True).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
