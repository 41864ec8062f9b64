"""The rules of this codebase that neither a formatter nor a type checker keeps."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 60
OURS = ("domain", "projections", "service", "tests")
MAY_IMPORT = {
    "domain": {"domain"},
    "projections": {"domain", "projections"},
    "service": {"domain", "projections", "service"},
}
# All that a rule or a fold may lean on: nothing that knows the time, the dice or the world.
PURE = {
    *("bisect", "calendar", "collections", "dataclasses", "datetime", "difflib", "enum"),
    *("fractions", "functools", "hashlib", "itertools", "re", "typing"),
    *("pydantic", "pydantic_core", "stdnum"),
}
IMPURE_CALLS = {"open", "print", "input", "float", "now", "today", "utcnow"}
NO_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
MAY_HOLD_ONE_FILE = {"service/formats": "one file a format, and the next one comes beside it"}
SOMEBODYS_MACHINE = re.compile(r"/(home|Users)/\w|[A-Z]:\\Users")
LEFT_FOR_LATER = re.compile("|".join(("TO" + "DO", "FIX" + "ME")))


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imports(path: Path) -> set[str]:
    """The packages that a module imports from."""
    plain = chain.from_iterable(node.names for node in nodes(path) if isinstance(node, ast.Import))
    names = [alias.name for alias in plain]
    names += [node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    return {each.partition(".")[0] for each in names}


@pytest.mark.parametrize("path", files("domain", "projections", "service"), ids=name)
def test_arrows_point_inward(path: Path) -> None:
    inward = MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    assert imports(path) & set(OURS) <= inward


@pytest.mark.parametrize("path", files("domain", "projections"), ids=name)
def test_nothing_inside_knows_the_time_the_dice_or_the_world(path: Path) -> None:
    assert imports(path) - set(OURS) <= PURE
    called = {
        getattr(node.func, "id", getattr(node.func, "attr", ""))
        for node in nodes(path)
        if isinstance(node, ast.Call)
    }
    assert not called & IMPURE_CALLS


@pytest.mark.parametrize("path", files("domain", "projections"), ids=name)
def test_no_float_is_inside(path: Path) -> None:
    floats = [
        node
        for node in nodes(path)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not floats


@pytest.mark.parametrize("path", files(*OURS), ids=name)
def test_a_function_fits_on_a_screen_and_a_file_in_a_sitting(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LINES_OF_A_FUNCTION, f"{node.name} has {length} lines"
    assert len(path.read_text("utf-8").splitlines()) <= LINES_OF_A_FILE


@pytest.mark.parametrize("path", files(*OURS), ids=name)
def test_a_file_is_named_by_what_it_is_about(path: Path) -> None:
    parts = {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    assert not parts & NO_NAMES


def folders() -> Iterator[Path]:
    for folder in OURS:
        yield from (path.parent for path in (ROOT / folder).rglob("__init__.py"))


@pytest.mark.parametrize("folder", sorted(folders()), ids=name)
def test_a_folder_holds_more_than_one_file(folder: Path) -> None:
    held = [path for path in folder.iterdir() if path.name not in ("__init__.py", "__pycache__")]
    assert len(held) > 1 or name(folder) in MAY_HOLD_ONE_FILE


@pytest.mark.parametrize("path", files(*OURS), ids=name)
def test_nothing_is_left_for_later_and_nothing_is_of_one_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not LEFT_FOR_LATER.search(text)
    assert not SOMEBODYS_MACHINE.search(text)
    assert str(ROOT) not in text


@pytest.mark.parametrize("path", files("domain", "projections"), ids=name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))
