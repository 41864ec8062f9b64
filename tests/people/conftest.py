"""The small data set, long past: of two of its three citizens nothing is left to be settled."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from service.app import Teten, opened
from service.settings import Settings
from tests.conftest import fresh_database, import_into
from tests.data_sets import change, tiny
from tests.people.traces import empty_server_log

ADMINISTRATOR = '  {"id": "adm-1", "name": "Ada Admin", "roles": ["administrator"]},\n'
AUDITOR = '  {"id": "rev-1", "name": "Rie Revisor", "roles": ["auditor"]},\n'


@pytest.fixture(scope="session")
def settled(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """To be copied."""
    folder = tmp_path_factory.mktemp("settled")
    with fresh_database(server) as url:
        settings = Settings(folder / "home", url, folder / "m.key")
        with town(settings):
            pass
        yield settings


@pytest.fixture
def past(server: str, settled: Settings, tmp_path: Path) -> Iterator[Teten]:
    shutil.copytree(settled.home.parent, tmp_path, dirs_exist_ok=True)
    with fresh_database(server) as url:
        names = [Identifier(urlsplit(each or "").path[1:]) for each in (url, settled.database_url)]
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {}").format(names[0]))
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        with opened(Settings(tmp_path / "home", url, tmp_path / "m.key")) as teten:
            empty_server_log(teten)
            yield teten


@contextmanager
def town(settings: Settings) -> Iterator[Teten]:
    with opened(settings) as teten:
        import_into(teten, with_people(settings.home.with_name("data")))
        settle(teten)
        teten.rows.catch_up()
        yield teten


def with_people(folder: Path, **named: str) -> Path:
    """With an administrator and an auditor among the staff."""
    tiny(folder, **named)
    change(
        folder / "programme.json",
        '  {"id": "kons-1"',
        f'{ADMINISTRATOR}{AUDITOR}  {{"id": "kons-1"',
    )
    return folder


def settle(teten: Teten, programme: str = "TT", case_no: str = "T-1") -> None:
    """What the data leaves open in the first citizen's case: 250 kr. undocumented, and 150 kr. of a claim."""
    does(teten, "DeclareLoss", programme, case_no=case_no, amount="250.00", words="Den blev våd")
    does(teten, "WriteOffClaim", programme, case_no=case_no, amount="150.00", reason="Anna er syg")


def does(teten: Teten, command: str, programme: str = "TT", **fields: Any) -> None:
    """Of line 1, by the controller, unless it is said otherwise."""
    asked = {"programme": programme, "by": "fin-1", "line_no": 1, "effective_on": "2019-06-03"}
    asked |= fields
    teten.clerk.in_plain(command, {name: told for name, told in asked.items() if told is not None})


def forget(teten: Teten, case_no: str = "T-1", **fields: Any) -> None:
    asked = {"programme": "TT", "by": "adm-1", "case_no": case_no}
    teten.clerk.in_plain("ForgetCitizen", asked | fields)
