"""The copies of a file that is kept, and how what strangers sent is handed to a browser."""

import re

from service.people.files import Copy, Files
from service.pictures.deriving import MEDIA_TYPE, Derived
from service.pictures.workshop import Workshop

# To be opened by a browser under our name, it would have to be one of these; and it is not opened at all.
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
}
UNKNOWN = "application/octet-stream"
# Whatever it is: nothing in it runs, asks for anything, or is taken for something else.
CLOSED = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def keep(files: Files, digest: str, subject: str, derived: Derived) -> None:
    """Forgotten."""
    files.keep_derived(digest, subject, "upright", derived.upright)
    files.keep_derived(digest, subject, "thumbnail", derived.thumbnail)


def copy_of(files: Files, workshop: Workshop, digest: str, subject: str, kind: Copy) -> bytes:
    """As it is kept; made again if it is not, as after a restore. FileLost, Unreadable, WorkshopClosed,
    Forgotten."""
    if kept := files.read_derived(digest, subject, kind):
        return kept
    derived = workshop.copy(files.read(digest, subject))
    keep(files, digest, subject, derived)
    return derived.upright if kind == "upright" else derived.thumbnail


def headers_of_a_copy() -> dict[str, str]:
    """It was drawn by us, and is shown in a page."""
    return {**CLOSED, "Content-Type": MEDIA_TYPE, "Content-Disposition": "inline"}


def headers_of_an_original(media_type: str | None, name: str) -> dict[str, str]:
    """It is saved, never shown. `media_type`: as its bytes told; None: nobody could open it. `name`: ours, of
    the voucher; the ending is that of what it is, whatever it was called."""
    known = media_type if media_type in ENDINGS else UNKNOWN
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name) + ENDINGS.get(known or "", ".bin")
    told = f'attachment; filename="{plain}"'
    return {**CLOSED, "Content-Type": known or UNKNOWN, "Content-Disposition": told}
