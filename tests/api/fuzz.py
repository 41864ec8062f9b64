"""The API asked at random by every role, by its own description: `python -m tests.api.fuzz --requests 20000`.

Nothing may be answered with an error of the service, nor as the description doesn't tell. What was done under
some name is asked about again under that name, so that stories come about: a case that is registered is
offered, accepted, budgeted and paid, between many attempts that are refused.
"""

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count, cycle
from logging import WARNING
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.permissions import PERMISSIONS
from domain.programme import Role
from service import logging
from service.access.principal import Kind, Means, Principal
from service.api import create_app
from service.api.command_bodies import examples as bodies
from service.app import Teten, opened
from service.followers import Follower
from service.postgres import embedded
from service.settings import Settings
from tests.examples import establish, offer, register
from tests.service.test_log import fresh

CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
PEOPLE = {
    Role.CASEWORKER: "kons-1",
    Role.CONTROLLER: "fin-1",
    Role.AUDITOR: "rev-1",
    Role.ADMINISTRATOR: "adm-1",
    Role.SYSTEM: "system",
    Role.CITIZEN: "citizen-0123456789abcdef",
}
PATIENCE = 120  # Seconds: how fast it answers isn't asked here.
FILES = (b"\x89PNG\r\n\x1a\n", b"%PDF-1.7 ", b"\xff\xd8\xff", b"<?xml version='1.0'?><a>", b"")
# Each answer reads or replays the whole log: asked less often, or nothing else would be.
SLOW = ("/v1/whatif", "/v1/report.{kind}", "/v1/funds/{fund}/statement.{kind}")


class Names:
    """What things are called here, by the field that says it: what was answered well is a name."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._known: dict[str, list[Any]] = defaultdict(list)
        for body in bodies().values():
            self.learn(body)

    def learn(self, body: Any) -> None:
        for field, value in body.items() if isinstance(body, dict) else ():
            if isinstance(value, str | int) and value not in self._known[field]:
                self._known[field].append(value)

    def put(self, told: Any) -> Any:
        """The same with most of its names in place of random ones."""
        if isinstance(told, list):
            return [self.put(each) for each in told]
        if not isinstance(told, dict):
            return told
        return {field: self._put(field, value) for field, value in told.items()}

    def _put(self, field: str, value: Any) -> Any:
        known = self._known.get(field)
        if known and self._random.random() < 0.8:
            return self._random.choice(known)
        return self.put(value)


class Fuzz:
    def __init__(self, teten: Teten, app: Any, beginning: int) -> None:
        self._random = Random(beginning)
        self._names = Names(self._random)
        self._keys = count(1)
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self._tokens = {
            role: teten.sessions.begin(_principal(role, person)) for role, person in PEOPLE.items()
        }
        self._schema = schemathesis.openapi.from_asgi("/openapi.json", app)
        self._app = app

    @property
    def requests(self) -> int:
        return sum(self.answers.values())

    def run(self, requests: int, seconds: float = 1e9) -> None:
        """Ask so often, or for so long: every operation by every role, again and again."""
        found: Any = self._schema.get_all_operations()
        operations = [each.ok() for each in found]
        until = monotonic() + seconds
        with asgi.get_client(self._app) as client:
            for turn in cycle((6, 12, 24)):
                for operation in self._random.sample(operations, len(operations)):
                    self._ask(client, operation, 2 if operation.path in SLOW else turn)
                    if self.requests >= requests or monotonic() > until:
                        return

    def _ask(self, client: Any, operation: Any, most: int) -> None:
        mode = GenerationMode.POSITIVE if self._random.random() < 0.8 else GenerationMode.NEGATIVE
        may = PERMISSIONS.get(operation.definition.raw.get("summary", ""), {})
        roles = [*Role, *(4 * list(may))]  # Each, and more often those who may.
        healthy = settings(
            max_examples=most,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @seed(self._random.randrange(2**32))
        @healthy
        @given(case=operation.as_strategy(mode))
        def ask(case: Any) -> None:
            self._send(client, case, self._random.choice(roles))

        with suppress(Unsatisfiable):  # It takes nothing that could be wrong.
            ask()

    def _send(self, client: Any, case: Any, role: Role) -> None:
        known = self._random.random() < 0.8
        if known:
            case.path_parameters = self._names.put(dict(case.path_parameters or {}))
        if known and case.operation.definition.raw.get("summary") in bodies():
            self._make_sense(case)
        headers = {"Authorization": f"Bearer {self._tokens[role]}"}
        answer = case.call(session=client, headers=headers, timeout=PATIENCE)
        self.answers[f"{case.method} {answer.status_code}"] += 1
        if answer.status_code == 200 and case.method == "POST":
            body = case.body.get("command") if case.media_type != "application/json" else case.body
            self._names.learn(body)
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as error:
            self.failures.append(f"{case.operation.label} {role}: {error}"[:3000])

    def _make_sense(self, case: Any) -> None:
        case.headers = dict(case.headers or {}) | {"Idempotency-Key": f"k-{next(self._keys)}"}
        if self._random.random() < 0.9:
            case.headers.pop("If-Match", None)
        name = case.operation.definition.raw["summary"]
        own = bodies()[name] if self._random.random() < 0.5 else None
        if case.media_type == "application/json":
            case.body = self._names.put(own or case.body)
        elif isinstance(case.body, dict):
            told = self._names.put(own or case.body.get("command"))
            file = self._random.choice(FILES) + self._random.randbytes(20)
            case.body = {"command": told, "file": file}


def _principal(role: Role, person: str) -> Principal:
    if role is Role.CITIZEN:
        return Principal(
            kind=Kind.CITIZEN, means=Means.LINK, person=person, roles={role}, case_no="A-1"
        )
    return Principal(kind=Kind.STAFF, means=Means.OIDC, person=person, roles={role})


@contextmanager
def ready(settings: Settings) -> Iterator[tuple[Teten, Any]]:
    """A programme with a case or two, served."""
    with opened(settings) as teten:
        for command in (establish(), register(), offer(), register(case_no="B-1")):
            teten.log.handle(fresh(command))
        teten.rows.catch_up()
        follower = Follower(teten.url, teten.rows, died=lambda: None)
        follower.start()
        try:
            yield teten, create_app(teten, follower)
        finally:
            follower.stop()


@contextmanager
def served(home: Path) -> Iterator[tuple[Teten, Any]]:
    """On a server of its own."""
    settings = Settings(home, None, home / "master.key")
    with embedded(home / "server") as url, ready(replace(settings, database_url=url)) as parts:
        yield parts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=20_000)
    options.add_argument("--minutes", type=float, default=600, help="At most.")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    logging.configure(WARNING)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (teten, app):
        fuzz, began = Fuzz(teten, app, asked.seed), monotonic()
        fuzz.run(asked.requests, 60 * asked.minutes)
        took = monotonic() - began
        told = f"{fuzz.requests} requests in {took:.0f} s, {teten.log.head()} events\n"
    counted = [f"  {each}: {number}\n" for each, number in sorted(fuzz.answers.items())]
    sys.stdout.writelines([told, *counted])
    sys.stderr.write("\n".join(dict.fromkeys(fuzz.failures)))
    sys.exit(bool(fuzz.failures))


if __name__ == "__main__":
    main()
