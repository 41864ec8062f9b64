"""A hundred who ask for the same at once, and whose answers are lost on the way, all get one answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from threading import Barrier
from typing import Any

from tests.api.conftest import Asker
from tests.api.wire import LOCALHOST, losing, on_a_socket

ASKERS, LOST = 100, 150


def answered(port: int, headers: dict[str, str], body: str) -> tuple[int, bytes, int]:
    """The first whole answer, and how many were lost before it."""
    lost = 0
    while True:
        connection = HTTPConnection(LOCALHOST, port, timeout=60)
        try:
            connection.request("POST", "/v1/commands/offer-programme", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), lost
        except (HTTPException, OSError):
            lost += 1
        finally:
            connection.close()


def test_a_hundred_retries_with_lost_replies_are_one_event_and_one_answer(
    asker: Asker, case_no: str
) -> None:
    headers = asker.headers | {
        "Idempotency-Key": f"hundred-{case_no}",
        "Content-Type": "application/json",
        "Connection": "close",
    }
    body = json.dumps({"programme": "TT", "case_no": case_no})
    app: Any = asker.client.app
    together = Barrier(ASKERS)

    def ask(_: int) -> tuple[int, bytes, int]:
        together.wait()
        return answered(proxy.port, headers, body)

    with (
        on_a_socket(app) as port,
        losing(port, LOST) as proxy,
        ThreadPoolExecutor(ASKERS) as threads,
    ):
        found = list(threads.map(ask, range(ASKERS)))
    assert proxy.lost == LOST == sum(lost for _, _, lost in found)
    assert {status for status, _, _ in found} == {200}
    assert len({content for _, content, _ in found}) == 1
    done = [each for each in asker.teten.log.everything() if each.stream == f"case-{case_no}"]
    assert [type(each.event).__name__ for each in done] == ["CaseRegistered", "ProgrammeOffered"]
