"""What is installed is what was tested: every package is locked, with the digests of its files."""

import re
import tomllib
from typing import Any

import pytest

from tests.conftest import ROOT

GROUPS = {
    "requirements.lock": ("dev",),
    "requirements-bench.lock": ("bench",),
    "requirements-security.lock": ("security",),
}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NAME = re.compile(r"[A-Za-z0-9._-]+")


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Of each package its version, and how many digests there are."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    found: dict[str, tuple[str, int]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            package, _, rest = line.partition("==")
            assert rest, f"{name}: {line} isn't pinned"
            version = rest.split()[0]
            digests = re.findall(r"--hash=sha256:[0-9a-f]{64}\b", rest)
            found[normal(package)] = (version, len(digests))
    return found


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package.strip().lower())


def wanted(name: str) -> list[str]:
    groups = PROJECT["dependency-groups"]
    of_groups = [each for group in GROUPS[name] for each in groups[group]]
    return of_groups + (PROJECT["project"]["dependencies"] if name == "requirements.lock" else [])


@pytest.mark.parametrize("name", GROUPS)
def test_every_package_is_locked_with_its_digests(name: str) -> None:
    found = locked(name)
    assert found
    assert [package for package, (_, digests) in found.items() if not digests] == []
    assert "://" not in (ROOT / name).read_text("utf-8")  # No index, no address.


@pytest.mark.parametrize("name", GROUPS)
def test_the_lock_has_all_that_the_project_asks_for(name: str) -> None:
    found = locked(name)
    for asked in wanted(name):
        package = NAME.match(asked)
        assert package and normal(package[0]) in found, asked
        if pinned := re.search(r"==([^;\s]+)", asked):
            assert found[normal(package[0])][0] == pinned[1], asked


def test_nothing_is_installed_without_its_digest() -> None:
    lines = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ").splitlines()
    installs = [line for line in lines if "uv pip install" in line or "$$uv pip install" in line]
    ours = [each for line in installs for each in line.split(";") if "pip install" in each]
    from_locks = [each for each in ours if "-r requirements" in each]
    assert len(from_locks) == len(GROUPS)
    assert all("--require-hashes" in each for each in from_locks)
    others = [each for each in ours if each not in from_locks]
    assert all("--no-deps --no-build-isolation -e ." in each or "uv==" in each for each in others)


def test_the_groups_of_the_project_are_all_locked() -> None:
    assert set(PROJECT["dependency-groups"]) == {each for group in GROUPS.values() for each in group}
