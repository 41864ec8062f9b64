"""Pages stand upright whatever held the camera, and nothing but the picture is left in a copy."""

import ast
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from service.pictures import sizes, unreadable
from service.pictures.deriving import MAX_BYTES as LARGEST_COPY
from service.pictures.deriving import THUMBNAIL, derive
from service.pictures.opening import Document, open_document
from service.pictures.unreadable import Reason, Unreadable
from service.pictures.workshop import Workshop
from tests.conftest import ROOT
from tests.pictures import papers

# What has to be done to an upright picture so that a camera that was held so shows it upright again.
HELD = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
SMALL = papers.receipt(size=(210, 280))


def alike(one: Image.Image, other: Image.Image) -> bool:
    """But for what packing changes."""
    if one.size != other.size:
        return False
    differences = ImageChops.difference(one.convert("L"), other.convert("L")).histogram()
    return sum(differences[100:]) < one.width * one.height / 200


@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("save", [papers.jpeg, papers.png])
def test_however_the_camera_was_held_the_page_is_upright(save: object, held: int) -> None:
    turned = SMALL if (turn := HELD[held]) is None else SMALL.transpose(turn)
    content = save(turned, exif=papers.where_it_was_taken(held))  # type: ignore[operator]
    assert alike(open_document(content).pages[0], SMALL)


def test_a_heic_is_turned_once() -> None:
    on_its_side = SMALL.transpose(Image.Transpose.ROTATE_90)
    content = papers.heic(on_its_side, exif=papers.where_it_was_taken(6).tobytes())
    assert alike(open_document(content).pages[0], SMALL)


def test_what_a_camera_writes_wrongly_turns_nothing() -> None:
    content = papers.jpeg(SMALL, exif=b"Exif\0\0 no such thing")
    assert alike(open_document(content).pages[0], SMALL)


@pytest.mark.parametrize("save", [papers.jpeg, papers.png, papers.heic])
def test_a_copy_tells_neither_place_nor_maker(save: object) -> None:
    told = papers.where_it_was_taken().tobytes()
    content = save(SMALL, exif=told)  # type: ignore[operator]
    assert b"Telefonfabrikken" in content
    for copy in derive(open_document(content)):
        picture = Image.open(BytesIO(copy))
        assert b"Telefonfabrikken" not in copy
        assert not picture.getexif()
        assert not picture.info.keys() & {"exif", "icc_profile", "comment", "xmp"}


def test_a_comment_is_not_in_a_copy() -> None:
    upright, thumbnail = derive(open_document(papers.jpeg(comment=b"Anna Jensen")))
    assert b"Anna Jensen" not in upright + thumbnail


@pytest.mark.parametrize(
    "made",
    [
        papers.with_a_brighter_copy,
        papers.with_a_second_of_film,
        papers.with_the_makers_notes,
        papers.locked_against_printing_alone,
        lambda: papers.png(SMALL.convert("1")),
        lambda: papers.png(SMALL.convert("P")),
        lambda: papers.png(SMALL.convert("LA")),
        lambda: papers.png(Image.new("I;16", (9, 9), 40_000)),
        lambda: papers.jpeg(SMALL.convert("CMYK")),
    ],
)
def test_what_phones_and_shops_make_is_opened(made: object) -> None:
    pages = open_document(made()).pages  # type: ignore[operator]
    assert {page.mode for page in pages} <= {"L", "RGB"}


def test_what_one_can_see_through_is_white() -> None:
    page = open_document(papers.png(Image.new("RGBA", (9, 9), (0, 0, 0, 0)))).pages[0]
    assert page.getpixel((4, 4)) == (255, 255, 255)


def test_sixteen_bits_of_grey_stay_grey() -> None:
    page = open_document(papers.png(Image.new("I;16", (9, 9), 128 * 256))).pages[0]
    assert page.getpixel((4, 4)) == 128


def test_a_page_of_a_pdf_is_drawn_as_readers_want_it() -> None:
    first, second = open_document(papers.pdf()).pages
    assert first.size == second.size == (1400, 1800)  # 7 x 9 inches.
    assert alike(first.resize(papers.SIZE), papers.receipt())


# Copies -------------------------------------------------------------------------------------------


def size(copy: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(copy)).size


def test_all_pages_are_in_the_copy_one_below_another() -> None:
    upright, thumbnail = derive(open_document(papers.pdf()))
    assert size(upright) == (1400, 2 * 1800 + 8)
    assert max(size(thumbnail)) == THUMBNAIL


def test_a_small_picture_is_not_enlarged() -> None:
    upright, thumbnail = derive(Document("image/png", (Image.new("L", (30, 20)),)))
    assert size(upright) == size(thumbnail) == (30, 20)


NOISE = Image.effect_noise((4000, 4000), 100)


@pytest.mark.parametrize(
    "pages",
    [
        [Image.merge("RGB", (NOISE, NOISE.rotate(90), NOISE.rotate(180)))],
        [Image.new("L", (1, 60_000_000))],
        [Image.new("L", (60_000_000, 1))],
        [NOISE.crop((0, 0, 1400, 2000))] * sizes.MAX_PAGES,
    ],
    ids=["noise", "a column", "a row", "as many pages as may be"],
)
def test_a_copy_is_bounded_whatever_it_is_of(pages: list[Image.Image]) -> None:
    upright, thumbnail = derive(Document("image/png", tuple(pages)))
    width, height = size(upright)
    assert len(upright) <= LARGEST_COPY
    assert width * height <= 17_000_000
    assert max(width, height) <= 30_000
    assert max(size(thumbnail)) <= THUMBNAIL


# Damage -------------------------------------------------------------------------------------------

ORIGINALS = [made() for made in papers.GOOD.values()]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good file, cut short or with some of its bytes changed; rather in its head, which tells the rest."""
    content = bytearray(draw(st.sampled_from(ORIGINALS)))
    at = st.one_of(st.integers(0, 300), st.integers(0, len(content) - 1))
    for place, value in draw(st.lists(st.tuples(at, st.integers(0, 255)), max_size=8)):
        content[min(place, len(content) - 1)] = value
    return bytes(content[: draw(st.one_of(st.none(), at))])


@settings(max_examples=100)
@given(content=damaged())
def test_whatever_is_damaged_is_opened_or_has_a_reason(workshop: Workshop, content: bytes) -> None:
    try:
        workshop.work(content)
    except Unreadable as error:
        assert error.reason in unreadable.TEXTS


# Words --------------------------------------------------------------------------------------------


def test_every_reason_says_in_both_languages_what_to_do() -> None:
    assert set(unreadable.TEXTS) == set(get_args(Reason))
    for danish, english in unreadable.TEXTS.values():
        assert danish.count(". ") >= 1
        assert english.count(". ") >= 1


def test_only_the_child_opens_what_strangers_sent() -> None:
    """By what is imported where: of all modules of the service only the child imports the opening."""
    opening = {"service.pictures.opening", "service.pictures.pdf", "service.pictures.endings"}
    importing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "service").rglob("*.py")
        if imported(path) & opening
    }
    inside = {"child", "deriving", "opening", "pdf"}
    assert importing <= {f"service/pictures/{name}.py" for name in inside} | {
        "service/bench/ocr.py"
    }


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found
