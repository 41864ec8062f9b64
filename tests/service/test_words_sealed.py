"""Free text is sealed wherever a command has it, whether it must have it or may."""

import pytest

from domain.words import Command
from service.clerk import _with_words_sealed
from tests.examples import WORDS
from tests.examples_claims import answer_hearing, raise_claim


@pytest.mark.parametrize("command", [answer_hearing(), raise_claim()])
def test_words_that_a_command_must_have_are_sealed_like_those_it_may_have(command: Command) -> None:
    said = command.model_dump(mode="json") | {"words": "Det var til togbilletter"}
    sealed: list[tuple[str, str]] = []

    def seal(words: str, path: str) -> str:
        sealed.append((words, path))
        return WORDS

    assert _with_words_sealed(type(command), said, seal) == command.model_dump(mode="json")
    assert sealed == [("Det var til togbilletter", "words")]
