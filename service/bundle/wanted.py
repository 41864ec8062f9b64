"""What is asked of a bundle."""

from dataclasses import dataclass
from datetime import date

from service.bundle.sealing import People, Seal


class BundleRefused(Exception):
    """There is no bundle; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `size`: of which checkpoint; None: the latest."""

    programme: str
    since: date
    through: date
    people: People = People.LEFT_OUT
    picks: tuple[str, ...] | None = None
    size: int | None = None
    seal: Seal | None = None
