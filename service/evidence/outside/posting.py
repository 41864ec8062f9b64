"""One HTTP request to a place that may be slow, wrong or gone."""

from http.client import HTTPException
from time import monotonic
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 10.0  # Seconds of silence, and of answering at all, until it counts as away.
ANSWER_MAX = 100_000  # Bytes.


class Refused(Exception):
    """The place answered, and didn't take what it was sent; or what is set up for it can't be used."""


class Answer(NamedTuple):
    status: int
    body: bytes


def post(url: str, content: bytes, media_type: str) -> Answer:
    """OSError: it can't be reached, or has no answer in time. Refused: its answer can't be used."""
    if not url.startswith(("http://", "https://")):
        raise Refused(f"{url} is no address that begins with http:// or https://")
    request = Request(url, content, {"Content-Type": media_type}, method="POST")  # noqa: S310 - looked at above
    deadline = monotonic() + PATIENCE
    try:
        try:
            answer = urlopen(request, timeout=PATIENCE)  # noqa: S310 - looked at above
        except HTTPError as error:
            answer = error
        with answer:
            body = b""
            while piece := answer.read1(ANSWER_MAX):
                body += piece
                if len(body) > ANSWER_MAX:
                    raise Refused("its answer is too long")
                if monotonic() > deadline:
                    raise TimeoutError("its answer takes too long")
            return Answer(answer.status or 0, body)
    except (HTTPException, ValueError) as error:
        raise Refused(f"what it answers is no HTTP ({type(error).__name__})") from None
