"""Rows believed as they are folded, in the processes of a rebuild and nowhere else.

Pydantic validates a row whenever a fold makes one: the whole row, every day and every account of a
balance for each event that adds to it. That guards against data from outside. A fold's rows are made by
our own pure functions, whose types mypy has checked, and at a million events the guard costs more than
all folding. tests/service/test_rebuild.py compares what is made this way with the validated rows, byte
for byte, over all that can happen.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import projections.registry  # noqa: F401 - it imports every projection


def believe_rows() -> None:
    """From now on, in this process, nothing that projections construct is validated. Reading JSON is."""
    for kind in set(_rows_of(BaseModel)):
        kind.__init__ = _believing(kind)  # type: ignore[method-assign]


def _rows_of(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("projections."):
            yield each
        yield from _rows_of(each)


def _believing(kind: type[BaseModel]) -> Callable[..., None]:
    set_attribute = object.__setattr__
    defaults = {
        name: field.default
        for name, field in kind.model_fields.items()
        if field.default is not PydanticUndefined
    }

    def believe(self: BaseModel, /, **given: Any) -> None:
        # In the order in which fields are declared: they are written in it.
        fields = {
            name: given[name] if name in given else deepcopy(defaults[name])
            for name in kind.model_fields
        }
        set_attribute(self, "__dict__", fields)
        set_attribute(self, "__pydantic_fields_set__", set(given))
        set_attribute(self, "__pydantic_extra__", None)
        set_attribute(self, "__pydantic_private__", None)

    return believe
