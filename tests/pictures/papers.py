"""Receipts and what pretends to be some, made here: good ones by format, hostile ones by their reason."""

import random
import sys
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pillow_heif
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

LINES = (
    "Cykelhandleren ApS",
    "Vestergade 12, 8000 Aarhus C",
    "CVR 95429114",
    "",
    "Dato 03-06-2019   Kl. 17:42",
    "Bon 4711",
    "Cykelhjelm          399,00",
    "Lygter               99,50",
    "",
    "I alt DKK           498,50",
    "Heraf moms           99,70",
)
SIZE = (700, 900)


def receipt(lines: Sequence[str] = LINES, size: tuple[int, int] = SIZE) -> Image.Image:
    """As a till prints it, upright."""
    picture = Image.new("RGB", size, "white")
    draw, step = ImageDraw.Draw(picture), size[1] // (len(lines) + 2)
    font = ImageFont.load_default(step // 2)
    for at, line in enumerate(lines, 1):
        draw.text((size[0] // 14, at * step), line, "black", font)
    return picture


def photo(size: tuple[int, int] = (4032, 3024)) -> bytes:
    """As a phone takes it, of about 4 MB: a receipt on a table, with grain."""
    grain = Image.frombytes("L", size, random.Random(7).randbytes(size[0] * size[1]))
    table = Image.merge("RGB", (grain, grain, grain)).point(lambda value: 96 + value // 5)
    paper = receipt(size=(size[0] // 2, size[1] - 200))
    table.paste(Image.blend(paper, table.crop((0, 0, *paper.size)), 0.2), (size[0] // 4, 100))
    return jpeg(table, quality=88)


# Good ones ----------------------------------------------------------------------------------------


def jpeg(picture: Image.Image | None = None, *, quality: int = 85, **told: object) -> bytes:
    made = BytesIO()
    (picture or receipt()).save(made, "JPEG", quality=quality, **told)
    return made.getvalue()


def png(picture: Image.Image | None = None, **told: object) -> bytes:
    made = BytesIO()
    (picture or receipt()).save(made, "PNG", **told)
    return made.getvalue()


def heic(picture: Image.Image | None = None, **told: object) -> bytes:
    """Smaller: packing it takes its time."""
    made = BytesIO()
    pillow_heif.from_pillow(picture or receipt(size=(350, 450))).save(made, quality=60, **told)
    return made.getvalue()


def pdf(pages: int = 2) -> bytes:
    """With a picture on each page, as a scanner makes it."""
    made, page = BytesIO(), receipt()
    page.save(made, "PDF", save_all=True, append_images=[page] * (pages - 1), resolution=100)
    return made.getvalue()


def where_it_was_taken(orientation: int = 1) -> Image.Exif:
    """Orientation, maker and place, as phones write them."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Telefonfabrikken"
    exif.get_ifd(0x8825).update({1: "N", 2: (56.0, 9.0, 26.0), 3: "E", 4: (10.0, 12.0, 14.0)})
    return exif


GOOD: dict[str, Callable[[], bytes]] = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/heic": heic,
    "application/pdf": pdf,
}


# Of phones: good, though something follows the picture --------------------------------------------


def with_a_brighter_copy() -> bytes:
    """As phones keep what bright screens add: a second JPEG behind the first."""
    return jpeg() + jpeg(receipt(size=(70, 90)).convert("L"))


def with_a_second_of_film() -> bytes:
    box = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
    return jpeg() + box + b"\0\0\x10\x08mdat" + random.Random(7).randbytes(4096)


def with_the_makers_notes() -> bytes:
    return jpeg() + b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1559576520000SEFHj\0\0\0SEFT"


# Hostile ones -------------------------------------------------------------------------------------


def zipped() -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr("kvittering.jpg", jpeg())
    return made.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def huge_png(side: int = 20_000) -> bytes:
    """Some kilobytes, of 400 megapixels."""
    head = side.to_bytes(4) * 2 + b"\x01\0\0\0\0"  # One bit a pixel, grey.
    packed = zlib.compress(bytes((side // 8 + 1) * side), 9)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def text_bomb() -> bytes:
    told = PngInfo()
    told.add_text("Comment", " " * 90_000_000, zip=True)
    return png(pnginfo=told)


def animated() -> bytes:
    frames = [receipt((str(each),), (60, 60)) for each in range(50)]
    return png(frames[0], save_all=True, append_images=frames[1:])


def many_pictures() -> bytes:
    """HEIC with more pictures than anybody takes of a receipt."""
    made, held = BytesIO(), pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for each in range(30):
        held.add_from_pillow(receipt((str(each),), (64, 64)))
    held.save(made)
    return made.getvalue()


def _written(change: Callable[[PdfWriter], object]) -> bytes:
    made, writer = BytesIO(), PdfWriter(BytesIO(pdf(1)))
    change(writer)
    writer.write(made)
    return made.getvalue()


def with_a_script() -> bytes:
    action = _dictionary(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert('Hej')"))
    scripts = _dictionary(Names=ArrayObject([TextStringObject("hej"), action]))
    names = _dictionary(JavaScript=scripts)
    return _written(lambda writer: writer.root_object.update({NameObject("/Names"): names}))


def with_a_script_when_opened() -> bytes:
    action = _dictionary(S=NameObject("/JavaScript"), JS=TextStringObject("this.print()"))
    return _written(lambda writer: writer.root_object.update({NameObject("/OpenAction"): action}))


def with_a_script_by_another_spelling() -> bytes:
    return with_a_script_when_opened().replace(b"/JavaScript", b"/J#61vaScr#69pt")


def with_a_launch() -> bytes:
    action = _dictionary(S=NameObject("/Launch"), F=TextStringObject("calc.exe"))
    return _written(lambda writer: writer.root_object.update({NameObject("/OpenAction"): action}))


def with_a_file_in_it() -> bytes:
    return _written(lambda writer: writer.add_attachment("kvittering.exe", b"MZ"))


SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"


def with_a_packed_object(action: bytes = SCRIPT) -> bytes:
    """Its bytes tell nothing: the action is within a compressed stream of objects (PDF 1.5)."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"
    packed = zlib.compress(b"4 0 5 %d " % (len(action) + 1) + action + b" " + page)
    first = len(b"4 0 5 %d " % (len(action) + 1))
    made, places = bytearray(b"%PDF-1.5\n"), dict[int, int]()
    for number, body in (
        (1, b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>"),
        (2, b"<</Type/Pages/Kids[5 0 R]/Count 1>>"),
        (
            3,
            b"<</Type/ObjStm/N 2/First %d/Length %d/Filter/FlateDecode>>stream\n%b\nendstream"
            % (first, len(packed), packed),
        ),
    ):
        places[number] = len(made)
        made += b"%d 0 obj%b\nendobj\n" % (number, body)
    rows = [(0, 0, 255), *((1, places[each], 0) for each in (1, 2, 3)), (2, 3, 0), (2, 3, 1)]
    rows.append((1, len(made), 0))
    table = b"".join(bytes((a,)) + b.to_bytes(3) + bytes((c,)) for a, b, c in rows)
    made += b"6 0 obj<</Type/XRef/Size 7/W[1 3 1]/Root 1 0 R/Length %d>>stream\n" % len(table)
    start = rows[-1][1]
    return bytes(made) + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def of_an_earlier_state() -> bytes:
    """The script is no longer spoken of, and still there for a reader that repairs."""
    return with_a_script_when_opened().replace(b"/OpenAction", b"/CpenAction", 1)


def locked() -> bytes:
    return _written(lambda writer: writer.encrypt("hemmeligt", algorithm="AES-256"))


def locked_against_printing_alone() -> bytes:
    """Whoever opens it needs no password."""
    return _written(lambda writer: writer.encrypt("", "ejerens", algorithm="AES-256"))


def with_a_huge_picture() -> bytes:
    """A PDF of some kilobytes with a picture of 400 megapixels."""
    picture = DecodedStreamObject()
    picture.set_data(bytes(20_000 // 8 * 20_000))
    picture.update(_dictionary(Type=NameObject("/XObject"), Subtype=NameObject("/Image")))
    picture.update(_dictionary(Width=NumberObject(20_000), Height=NumberObject(20_000)))
    picture.update(_dictionary(ColorSpace=NameObject("/DeviceGray")))
    picture.update(_dictionary(BitsPerComponent=NumberObject(1)))
    return _written(lambda writer: writer._add_object(picture.flate_encode()))


def many_pages() -> bytes:
    def add(writer: PdfWriter) -> None:
        for _ in range(40):
            writer.add_blank_page(200, 200)

    return _written(add)


def bottomless() -> bytes:
    """Arrays within arrays, many more than anybody can go into."""
    place = NameObject("/" + "x" * 200_000)
    made = _written(lambda writer: writer.root_object.update({NameObject("/Extra"): place}))
    return made.replace(str(place).encode(), b"[" * 100_000 + b"]" * 100_000 + b" ")


def _dictionary(**told: object) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): each for name, each in told.items()})


PAGE = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("empty", lambda: b""),
    "more bytes than any upload": ("too_large", lambda: jpeg() + bytes(50_000_001)),
    "a picture of 20,000 x 20,000": ("too_many_pixels", huge_png),
    "a PDF with such a picture": ("too_many_pixels", with_a_huge_picture),
    "a JPEG that ends early": ("truncated", lambda: jpeg()[:-5000]),
    "a JPEG without its last two bytes": ("truncated", lambda: jpeg()[:-2]),
    "the head of a JPEG": ("truncated", lambda: jpeg()[:200]),
    "a PNG that ends early": ("truncated", lambda: png()[:-3000]),
    "a HEIC that ends early": ("truncated", lambda: heic()[:-1000]),
    "a PDF that ends early": ("truncated", lambda: pdf()[:-2000]),
    "a zip named .jpg": ("wrong_type", zipped),
    "a picture with scripts (SVG)": (
        "wrong_type",
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    ),
    "a GIF that is JavaScript": ("wrong_type", lambda: b"GIF89a/*\0\0\0\0*/=1;alert(1)//"),
    "a page": ("wrong_type", lambda: PAGE),
    "a program": ("wrong_type", lambda: b"MZ" + bytes(500)),
    "words": ("wrong_type", lambda: b"Kvittering fra Cykelhandleren"),
    "a JPEG, then a zip": ("two_formats", lambda: jpeg() + zipped()),
    "a JPEG, then a PDF": ("two_formats", lambda: jpeg() + pdf(1)),
    "a JPEG, then a page": ("two_formats", lambda: jpeg() + PAGE),
    "a JPEG, then a program": (
        "two_formats",
        lambda: jpeg() + Path(sys.executable).read_bytes()[:2000],
    ),
    "a JPEG with a page as its comment": ("two_formats", lambda: jpeg(comment=PAGE)),
    "a JPEG with a zip as its comment": ("two_formats", lambda: jpeg() + b"\0" * 9 + zipped()),
    "a PNG, then a zip": ("two_formats", lambda: png() + zipped()),
    "a HEIC, then a zip": ("two_formats", lambda: heic() + zipped()),
    "a PDF, then a zip": ("two_formats", lambda: pdf() + zipped()),
    "a PDF, then a picture that is a program": ("two_formats", lambda: pdf() + b"GIF89a=1//"),
    "a PDF with a script": ("active_content", with_a_script),
    "a PDF with a script that runs when opened": ("active_content", with_a_script_when_opened),
    "a PDF with a script spelt otherwise": ("active_content", with_a_script_by_another_spelling),
    "a PDF with a script in packed objects": ("active_content", with_a_packed_object),
    "a PDF whose packed objects have no bottom": (
        "truncated",
        lambda: with_a_packed_object(b"[" * 100_000 + SCRIPT + b"]" * 100_000),
    ),
    "a PDF with a script in an earlier state": ("active_content", of_an_earlier_state),
    "a PDF that starts a program": ("active_content", with_a_launch),
    "a PDF with a file in it": ("active_content", with_a_file_in_it),
    "a PDF with a password": ("encrypted", locked),
    "a PDF of 41 pages": ("too_many_pages", many_pages),
    "a PNG that moves": ("too_many_pages", animated),
    "a HEIC of 30 pictures": ("too_many_pages", many_pictures),
    "a PNG with 90 MB of text": ("too_much_memory", text_bomb),
}
