"""What an endpoint may ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.access.limits import RequestLimits
from service.access.providers import Way
from service.app import Teten
from service.beside import Beside
from service.followers import Follower
from service.whatif import Answers


@dataclass(frozen=True)
class Parts:
    teten: Teten
    follower: Follower
    beside: Sequence[Beside]  # What else runs in this process.
    answers: Answers
    ways: Mapping[str, Way]  # Where people sign in.
    limits: RequestLimits | None = None  # None: everybody may ask as often as they like.
    demo: bool = False  # On this machine alone, without a sign-in of its own: roles are chosen.


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts)]
