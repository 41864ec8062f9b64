"""The postman of a running service: one letter or one case that fails keeps no other waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from service import doctor
from service.reminding import steps, writing
from service.reminding.postman import STEPS, Postman
from tests.reminding.conftest import Reminding
from tests.service.test_serve import wait_until


@contextmanager
def posting(reminding: Reminding) -> Iterator[Postman]:
    teten = reminding.teten
    postman = Postman(teten.log, teten.reminders, reminding.letters(digital_post=True))
    postman.start()
    try:
        yield postman
    finally:
        postman.stop()


def states(reminding: Reminding) -> list[str]:
    return [each.state for each in reminding.rows]


def test_a_letter_that_cannot_be_written_keeps_no_other_waiting_and_is_sent_when_it_can(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of several: those of today come beside it."""
    reminding.takes(0, 14)
    first, write = next(filter(_reminds, reminding.teten.log.everything())), writing.to_citizen

    def breaks_on_the_first(id_: str, told: Any, names: writing.Names) -> writing.Letter:
        if told.position == first.position:
            raise KeyError(names.citizen)
        return write(id_, told, names)

    with monkeypatch.context() as defect, posting(reminding) as postman:
        defect.setattr(writing, "to_citizen", breaks_on_the_first)
        wait_until(lambda: states(reminding)[:2] == ["waiting", "sent"])
        item = f"letter {first.position}"
        wait_until(lambda: list(postman.troubles) == [item])
        checks = {each.name: each for each in doctor.examine(reminding.teten, quickly=True)}
        assert checks["part postman"].says.startswith(f"{item} fails since 20")
        assert reminding.rows[0].position == first.position
        assert (reminding.rows[0].says or "").startswith("defect: KeyError (test_postman.py:")
        defect.undo()
        reminding.harm("UPDATE letters.letters SET next_try_at = now() WHERE state = 'waiting'")
        wait_until(lambda: states(reminding)[:2] == ["sent", "sent"])
        wait_until(lambda: postman.trouble is None)


def _reminds(each: Any) -> bool:
    return type(each.event).__name__ == "ReceiptsRemindedOf"


def test_a_case_that_fails_keeps_neither_letters_nor_other_cases_waiting(
    reminding: Reminding, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminding.takes(0)
    with monkeypatch.context() as defect:
        defect.setattr(steps, "due", lambda *_: 1 // 0)
        with posting(reminding) as postman:
            wait_until(lambda: states(reminding) == ["sent"])
            wait_until(lambda: list(postman.troubles) == [STEPS])
            assert (postman.trouble or "").startswith("ZeroDivisionError")
