"""What an endpoint may ask for."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.app import Teten
from service.followers import Follower
from service.whatif import Answers


@dataclass(frozen=True)
class Parts:
    teten: Teten
    follower: Follower
    answers: Answers
    demo: bool = False  # On this machine alone, without a sign-in of its own: roles are chosen.


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(_parts)]
