"""What a file seems to be, by how it begins: good enough for a name or a first sorting, and nothing more."""

STARTS = (
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("image/png", 0, b"\x89PNG"),
    ("image/heic", 4, b"ftyp"),
    ("application/pdf", 0, b"%PDF-"),
)


def media_type(content: bytes) -> str | None:
    """None: it begins as nothing that a voucher is."""
    return next((kind for kind, at, begins in STARTS if content.startswith(begins, at)), None)
