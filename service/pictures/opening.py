"""Opening what anybody may hand in: a picture of a phone's or a PDF, told by its bytes and never by its
name, and only if it is whole, of a sane size, and nothing else besides.

Only the child process of the workshop opens files: what a decoder does to a hostile one stays there.
"""

from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

import pillow_heif
from PIL import Image, ImageFile
from PIL.ExifTags import Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from service.pictures import endings, pdf
from service.pictures.sizes import MAX_BYTES, MAX_PAGES, MAX_PIXELS
from service.pictures.unreadable import Unreadable

# The primary picture alone, on one thread.
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
GREY = {"1", "L", "LA", "I", "I;16", "I;16B", "F"}
CLEAR = {"LA", "La", "PA", "RGBA", "RGBa"}


class Document(NamedTuple):
    """Its pages upright, as grey or RGB pictures."""

    media_type: str
    pages: tuple[Image.Image, ...]


class Format(NamedTuple):
    media_type: str
    opened: Callable[[BytesIO], ImageFile.ImageFile]
    end: Callable[[bytes], int]


FORMATS = {
    each.media_type: each
    for each in (
        Format("image/jpeg", JpegImageFile, endings.end_of_jpeg),
        Format("image/png", PngImageFile, endings.end_of_png),
        Format("image/heic", pillow_heif.HeifImageFile, endings.end_of_heic),
    )
}


def open_document(content: bytes) -> Document:
    """The pages, decoded. Unreadable; MemoryError. Whatever else a decoder stumbles over, the file is not
    what it should be."""
    try:
        return _document(content)
    except (Unreadable, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - Decoders raise what they like, and all of it is the file's fault.
        raise Unreadable("truncated") from None


def _document(content: bytes) -> Document:
    if not content:
        raise Unreadable("empty")
    if len(content) > MAX_BYTES:
        raise Unreadable("too_large")
    found = endings.kind(content)
    if found == pdf.MEDIA_TYPE:
        pages = pdf.pages(content)
        return Document(found, pages)
    if found not in FORMATS:
        raise Unreadable("wrong_type")
    return Document(found, (_picture(FORMATS[found], content),))


def _picture(form: Format, content: bytes) -> Image.Image:
    """The size is that of the head, before anything is decoded."""
    end = form.end(content)
    image = form.opened(BytesIO(content))
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable("too_many_pixels")
    if form.media_type == "image/heic" and getattr(image, "n_frames", 1) > MAX_PAGES:
        raise Unreadable("too_many_pages")
    endings.refuse_another_format(content, end)
    endings.refuse_markup(content)
    image.load()
    return _plain(_upright(image))


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera was held. What can't be understood of that turns nothing."""
    try:
        turned = UPRIGHT.get(image.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - Cameras write what they like there; the picture is good.
        turned = None
    return image if turned is None else image.transpose(turned)


def _plain(image: Image.Image) -> Image.Image:
    """Grey or RGB, on white where one could see through, and without anything that was said of it."""
    if "transparency" in image.info or image.mode in CLEAR:
        clear = image.convert("RGBA")
        image = Image.new("RGBA", clear.size, "white")
        image.alpha_composite(clear)
    if image.mode.startswith("I"):  # 16 bits of grey.
        image = image.convert("I").point(lambda value: value * (1 / 256))
    plain = image.convert("L" if image.mode in GREY else "RGB")
    plain.info = {}
    return plain
