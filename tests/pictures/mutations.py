"""A good file, damaged by chance: bits turned, bytes overwritten, pieces cut out, doubled or taken from
another file, its end gone. Always the same for the same seed."""

from collections.abc import Sequence
from random import Random

STRIKING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)  # Values at which counting goes over an edge.


def mutated(originals: Sequence[bytes], seed: int) -> bytes:
    dice = Random(seed)
    content = bytearray(dice.choice(originals))
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        if len(content) > 1:
            dice.choice(WAYS)(content, originals, dice)
    return bytes(content)


def _place(content: bytearray, dice: Random) -> int:
    """Rather in its head, which tells the rest."""
    return dice.randrange(min(len(content), dice.choice((64, 600, len(content)))))


def turn_a_bit(content: bytearray, _: Sequence[bytes], dice: Random) -> None:
    content[_place(content, dice)] ^= 1 << dice.randrange(8)


def overwrite(content: bytearray, _: Sequence[bytes], dice: Random) -> None:
    at, length = _place(content, dice), dice.choice((1, 2, 4, 8))
    content[at : at + length] = bytes(dice.choice(STRIKING) for _ in content[at : at + length])


def cut_out(content: bytearray, _: Sequence[bytes], dice: Random) -> None:
    at = _place(content, dice)
    del content[at : at + dice.randrange(1, 2_000)]


def double(content: bytearray, _: Sequence[bytes], dice: Random) -> None:
    at = _place(content, dice)
    content[at:at] = content[at : at + dice.randrange(1, 2_000)]


def splice(content: bytearray, originals: Sequence[bytes], dice: Random) -> None:
    """What stands at that place of another one."""
    other, at = dice.choice(originals), _place(content, dice)
    length = dice.randrange(1, 5_000)
    content[at : at + length] = other[at : at + length]


def go_on_as_another(content: bytearray, originals: Sequence[bytes], dice: Random) -> None:
    at = _place(content, dice)
    content[at:] = dice.choice(originals)[at:]


def end_early(content: bytearray, _: Sequence[bytes], dice: Random) -> None:
    del content[dice.randrange(1, len(content)) :]


WAYS = (
    turn_a_bit, turn_a_bit, overwrite, overwrite, cut_out, double, splice, go_on_as_another, end_early,
)  # fmt: skip
