"""How large a voucher may be. Beyond it, it is no receipt, but something to fill a machine with."""

MAX_BYTES = 50_000_000  # Above any limit of an upload: what comes by mail or from a folder.
MAX_PIXELS = (
    60_000_000  # Of a picture, and of all pages of a PDF. Phones make 12, and at most 50 to 60.
)
MAX_PAGES = 20
PAGE_PIXELS = 6_000_000  # A4 at 200 dots an inch has 3.9.
DOTS_AN_INCH = 200  # Readers need no more, and see less in fewer.
LONGEST = 30_000  # Pixels of a side: browsers show no picture that is much longer.
