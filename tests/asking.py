"""What every example of a command says besides what it is about: who asks, when, and of which case."""

from collections.abc import Callable
from typing import Any, TypeVar

from tests.scenario import DAY, NOON

M = TypeVar("M")

WORDS = "words-0123456789abcdef0123456789abcdef"  # Free text, kept in the vault.
ASKED: dict[str, Any] = {"id": "1", "at": NOON, "programme": "NP", "effective_on": DAY}
BY_CASEWORKER = ASKED | {"by": "kons-1", "case_no": "A-1"}
BY_CONTROLLER = ASKED | {"by": "fin-1", "case_no": "A-1"}
ON_LINE = BY_CASEWORKER | {"line_no": 1}
CONTROLS_LINE = BY_CONTROLLER | {"line_no": 1}


def example(kind: Callable[..., M], /, **usual: Any) -> Callable[..., M]:
    """Makes good examples: a test says what it is about, the rest is as usual."""

    def make(**but: Any) -> M:
        return kind(**(usual | but))

    return make
