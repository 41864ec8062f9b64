"""Nobody's number, name, account or words are in what is logged, counted, answered in errors, or left
behind by a defect."""

import io
import json
import logging as standard
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import INFO, WARNING
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from fastapi import Depends
from fastapi.testclient import TestClient

from service import cli, logging
from service.access.guard import Open
from service.app import Teten
from service.logging import MASKED, masked
from service.people.vault import Vault
from tests.conftest import PILOT, environment, log_quietly
from tests.data_sets import PERSONAL
from tests.security.conftest import address, routes
from tests.service.conftest import served, signed_in
from tests.test_docs import commands_of_the_line

CPR, NAME, ACCOUNT = "610190-1001", "Anna Ærlig", "9999-0000000011"
DIGITS = CPR.replace("-", "")
# What people type where a case's number, a day, or something else of ours belongs.
TYPED = ("T-1", "T-99", CPR, DIGITS, NAME, ACCOUNT)
ALL_OF_IT = (*PERSONAL, *(each.replace("-", "") for each in PERSONAL[:3]), DIGITS)


def found(text: str, personal: tuple[str, ...] = ALL_OF_IT) -> list[str]:
    """Which of them is told, as it is or as an address has it."""
    return [each for each in personal if each in text or quote(each) in text]


@contextmanager
def logged(level: int = INFO) -> Iterator[io.StringIO]:
    """Everything that the service logs meanwhile, as it logs it, also what it is told to on its way out."""
    kept, shown = io.StringIO(), sys.stderr
    sys.stderr = kept
    logging.configure(level)
    try:
        yield kept
    finally:
        sys.stderr = shown
        log_quietly()


# What is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [None, "kons-1", "fin-1"])
def test_whoever_asks_for_whatever_nothing_personal_is_logged_or_told_in_errors(
    client: TestClient, teten_tt: Teten, person: str | None
) -> None:
    client.cookies.clear()
    if person:
        signed_in(client, teten_tt, person)
    with logged() as log:
        for method, route in routes(client):
            for typed in TYPED if route.param_convertors else TYPED[:1]:
                names = dict.fromkeys(route.param_convertors, quote(typed, safe=""))
                asked = {"programme": typed, "as_of": typed, "known": typed, "cpr": typed}
                told = {"x-request-id": typed.replace("Æ", "AE").replace(" ", "_")}
                path = address(route, **names)
                for query in ({}, asked):
                    answer = client.request(method, path, params=query, headers=told)
                    if answer.status_code >= 400:
                        # A page leads back to the very address that was asked for.
                        text = answer.text.replace(path, "")
                        assert CPR not in text and DIGITS not in text, path
                        assert not found(text.replace(typed, "")), path
        client.get(f"/nowhere/{CPR}")
        client.post("/sign-in/demo", data={"person": CPR, "next": f"/{CPR}"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert len(lines) > 100
    assert not found(log.getvalue())


def test_the_figures_of_the_running_name_nobody(client: TestClient, teten_tt: Teten) -> None:
    signed_in(client, teten_tt, "fin-1")
    for path in ("/metrics", "/healthz", "/readyz"):
        told = client.get(path)
        assert told.status_code in (200, 403)
        assert not found(told.text)


def test_neither_the_import_of_the_pilot_nor_its_pages_log_a_cpr_number(pilot: Teten) -> None:
    numbers = tuple(
        line.split(";")[1] for line in (PILOT / "cases.csv").read_text("utf-8-sig").splitlines()[1:]
    )
    assert len(numbers) > 200
    personal = (*numbers, *(each.replace("-", "") for each in numbers))
    with logged() as log, served(pilot, "rev-01") as client:
        for path in ("/", "/cases", "/cases/LTT-066", "/v1/report", "/v1/cases/LTT-066/steps"):
            assert client.get(path).status_code == 200
        told = client.get("/metrics").text
        for number in numbers[:20]:
            answer = client.get(f"/v1/cases/{number}")
            assert (answer.status_code, found(answer.text, personal)) == (404, [])
    assert not found(log.getvalue() + told, personal)
    assert len(log.getvalue().splitlines()) > 20


# What fails --------------------------------------------------------------------------------------


def of_a_row(vault: Vault, _: Teten) -> None:
    """A handler that dies with a person in its hands, and says so."""
    record = vault.record(vault.pseudonym(CPR) or "")
    raise RuntimeError(f"{record} {CPR} {NAME} {ACCOUNT} Jeg kan ikke gå så langt")


def of_the_database(_: Vault, teten: Teten) -> None:
    """PostgreSQL quotes the row: Key (word)=(610190-1001) already exists."""
    with teten.log.pool.connection() as connection:
        connection.execute("CREATE TEMP TABLE words (word text PRIMARY KEY)")
        connection.execute("INSERT INTO words VALUES (%s), (%s)", (CPR, CPR))


def of_a_value(_: Vault, teten: Teten) -> None:
    with teten.log.pool.connection() as connection:
        connection.execute("SELECT %s::text::int", (f"{CPR} {NAME}",))


DEFECTS: dict[str, Callable[[Vault, Teten], None]] = {
    "a person in the text": of_a_row,
    "a row that is there already": of_the_database,
    "a value that is no number": of_a_value,
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_a_defect_tells_its_kind_and_its_place_and_nobody(
    teten_tt: Teten, defect: Callable[[Vault, Teten], None]
) -> None:
    with served(teten_tt, None) as client:
        app: Any = client.app

        def planted() -> None:
            defect(teten_tt.vault, teten_tt)

        app.add_api_route("/planted", planted, dependencies=[Depends(Open())])
        with logged() as log:
            answer = client.get("/planted")
    assert (answer.status_code, answer.json()["title"]) == (500, "failed")
    assert not found(answer.text)
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = (each for each in told if each["event"] == "failed")
    assert line["where"] and any("test_personal_data.py" in frame for frame in line["where"])
    assert not found(log.getvalue())


def dies(text: str) -> None:
    raise ValueError(text)


def test_what_nobody_caught_in_a_thread_or_at_the_end_tells_its_kind() -> None:
    with logged() as log:
        thread = threading.Thread(target=dies, args=(f"{CPR} {NAME}",))
        thread.start()
        thread.join()
        try:
            dies(f"{CPR} {NAME}")
        except ValueError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["error"]) for line in lines] == [("failed", "ValueError")] * 2
    assert all("test_personal_data.py" in line["where"][0] for line in lines)
    assert not found(log.getvalue())


def test_what_other_libraries_log_is_told_without_what_they_filled_in() -> None:
    with logged() as log:
        try:
            dies(f"{CPR} {NAME}")
        except ValueError as error:
            standard.getLogger("psycopg.pool").error("error connecting in %r: %s", NAME, error)
            standard.getLogger("uvicorn.error").exception("Exception in ASGI application")
        standard.getLogger("py.warnings").warning("%s", f"x.py:7: RuntimeWarning: {NAME} {CPR}")
        standard.getLogger("httpx2").info("GET %s", CPR)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["of"] for line in lines] == ["psycopg.pool", "uvicorn.error", "py.warnings"]
    assert lines[1]["error"] == "ValueError"
    assert not found(log.getvalue())


# The last line of defence ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        *(CPR, DIGITS, int(DIGITS), "610190 1001", f"/cases/{CPR}/steps", f"cpr{DIGITS}", f"_{CPR}_"),
        *([{"who": (CPR,)}], ACCOUNT, {CPR: 1}, {CPR}, ValueError(CPR), b"610190-1001", f"{CPR},{DIGITS}"),
    ],
    ids=repr,
)
def test_whatever_is_logged_no_cpr_number_leaves(value: Any) -> None:
    with logged() as log:
        structlog.get_logger().info(f"told {CPR}", value=value, **{f"of {CPR}": 1})
    assert not found(log.getvalue(), (CPR, DIGITS, ACCOUNT, "610190 1001"))
    assert json.loads(log.getvalue())["event"] == f"told {MASKED}"


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-22T14:50:12.123456Z", "00000000-1234-5678-1234-567812345678", 123456789, 12.5),
        *("LTT/journal/39", "case-LTT-066", "1234567890" * 2, None, True, "a1b2c3d4e5f6"),
        *("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "9999-00012345"),
    ],
    ids=repr,
)
def test_and_what_is_none_is_told_as_it_is(value: Any) -> None:
    assert masked(None, "info", {"value": value}) == {"value": value}


# The command line --------------------------------------------------------------------------------


def said(
    teten: Teten,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *arguments: str,
) -> tuple[int, str]:
    """A command's exit code, and what it tells on standard error."""
    for name, value in environment(teten.settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["teten", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    capfd.readouterr()
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        log_quietly()
    return code, capfd.readouterr().err


# These go on until they are stopped, stop what the other tests use, or measure for long.
NOT_TRIED = {"serve", "witness serve", "db stop", "db url", "rebuild"}
USAGE = 2  # The exit code of a line that can't be understood, which is shown again to who typed it.


def typed_for(command: Any, typed: str) -> list[str]:
    """Something of a person wherever the command takes text."""
    said = []
    for each in command.params:
        option = each.param_type_name == "option"
        if option and (each.required or each.name in ("programme", "known", "case")):
            said += [each.opts[0], typed]
        if not option and each.required:
            said.append(typed)
    return said


TRIED = [name for name in sorted(set(commands_of_the_line()) - NOT_TRIED) if "bench" not in name]


@pytest.mark.parametrize("name", TRIED)
def test_no_command_tells_of_a_person_when_it_fails(
    teten_tt: Teten,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for typed in (CPR, "T-99"):
        arguments = typed_for(commands_of_the_line()[name], typed)
        code, told = said(teten_tt, monkeypatch, capfd, *name.split(), *arguments)
        assert not found(told.replace(typed, "") if code == USAGE else told)


@pytest.mark.parametrize(
    "body",
    [
        {"programme": "TT", "case_no": CPR, "citizen": NAME, "account": ACCOUNT, "phase": NAME},
        {"programme": "TT", "case_no": "T-1", "words": f"{CPR} {NAME}", "reason": "x"},
        {CPR: NAME, "amount": f"{CPR} kr."},
    ],
)
@pytest.mark.parametrize("command", ["RegisterCase", "DeclineOffer", "StopCase", CPR])
def test_a_command_by_hand_that_cannot_be_read_is_told_without_what_it_said(
    teten_tt: Teten,
    command: str,
    body: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, told = said(teten_tt, monkeypatch, capfd, "do", command, json.dumps(body))
    assert code == 1 and told
    assert not found(told)


def test_the_doctor_names_nobody(
    teten_tt: Teten, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", out := io.StringIO())
    said(teten_tt, monkeypatch, capfd, "doctor", "--json")
    assert json.loads(out.getvalue())
    assert not found(out.getvalue())


def test_a_database_that_fails_is_told_without_its_row(
    teten_tt: Teten, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        of_a_value(teten_tt.vault, teten_tt)

    monkeypatch.setattr(cli, "app", fails)
    code, told = said(teten_tt, monkeypatch, capfd, "report")
    assert (code, "InvalidTextRepresentation: 22P02" in told) == (1, True)
    assert not found(told)
