"""The description of the API is what the API does: examples that are valid, and every problem explained."""

import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from domain.words import COMMANDS
from service.api.command_bodies import PREFIX, examples, schemas
from service.api.commands import path_of
from service.api.problems import CODES
from service.clerk import DOCUMENTS, LOOKED_UP, UNMARKED, UNSEALED
from service.refusals import TEXTS
from tests.api.conftest import Asker

ASKED = {"id": "1", "by": "kons-1", "at": "2026-11-22T12:00:00+01:00", "effective_on": "2026-11-22"}
FILE = {"sha256": "0" * 64, "size": 0}  # Known of a file that came with it.


@pytest.fixture(scope="module")
def told(asker: Asker) -> Any:
    return asker.client.get("/openapi.json").json()


def validator(told: Any, name: str) -> Draft202012Validator:
    root = f"#/components/schemas/{PREFIX}{name}"
    return Draft202012Validator({"$ref": root, "components": told["components"]})


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_an_example_that_is_valid(name: str) -> None:
    example, schema = examples()[name], {"components": {"schemas": schemas()}}
    assert not list(validator(schema, name).iter_errors(example))
    if name not in LOOKED_UP and name not in DOCUMENTS:
        fields = COMMANDS[name].model_fields
        file = {each: what for each, what in FILE.items() if each in fields}
        mark = {"account": UNMARKED} if name == "RegisterAccount" else {}
        COMMANDS[name].model_validate(_sealed(example, _words(name)) | ASKED | file | mark)


def _sealed(body: Any, words: set[str]) -> Any:
    """A reference to words where the model wants one."""
    if isinstance(body, dict):
        return {
            name: UNSEALED if name in words else _sealed(each, words) for name, each in body.items()
        }
    return [_sealed(each, words) for each in body] if isinstance(body, list) else body


def _words(model: str) -> set[str]:
    """The names of its free texts and its parts': a reason is free in one command, and a code in another."""
    schema = schemas()[f"{PREFIX}{model}"]
    free = {
        name for name, field in schema.get("properties", {}).items() if "Free text" in str(field)
    }
    parts = re.findall(rf"#/components/schemas/{re.escape(PREFIX)}(\w+)", str(schema))
    return free.union(*(_words(part) for part in parts))


def test_no_body_speaks_of_what_the_request_says_or_the_log_knows(told: Any) -> None:
    for name in COMMANDS:
        fields = told["components"]["schemas"][f"{PREFIX}{name}"]["properties"]
        assert not {"id", "by", "at", "cause", "sha256"} & set(fields)
        assert "^words-" not in str(fields)
    assert "items" not in told["components"]["schemas"][f"{PREFIX}FixPopulation"]["properties"]
    assert "number" not in told["components"]["schemas"][f"{PREFIX}ReceiveInvoice"]["properties"]


def test_an_amount_is_text_with_two_decimals_and_nothing_else(told: Any) -> None:
    amount = validator(told, "AmendLine")
    usual = examples()["AmendLine"]
    assert amount.is_valid(usual | {"amount": "1950.00"})
    for wrong in ("", "1950", "1950.0", "1.950,00", 1950.0, 1950, None, "1950.00\n", "+1.00"):
        assert not amount.is_valid(usual | {"amount": wrong}), wrong


def test_every_operation_tells_of_what_holds_for_many(told: Any) -> None:
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            answers = set(operation["responses"])
            if operation["security"] and path.startswith("/v1/"):
                assert {"401", "403", "404", "422", "429", "503"} <= answers, path
            if method == "post" and path.startswith("/v1/commands/"):
                assert {"200", "409", "412", "413", "415"} <= answers, path
                assert [each["name"] for each in operation["parameters"]] == [
                    *("dry_run", "Idempotency-Key", "If-Match")
                ]
    assert set(told["components"]["securitySchemes"]) == {"session", "client"}


@pytest.mark.parametrize("code", sorted({*CODES, *TEXTS}))
def test_the_type_of_a_problem_leads_to_a_page_that_explains_it(asker: Asker, code: str) -> None:
    page = asker.client.get(f"/problems/{code}")
    assert page.status_code == 200
    text = re.sub(r"&#39;", "'", page.text)
    danish, english = TEXTS[code] if code in TEXTS else CODES[code][1:3]
    assert danish in text and english in text


def test_a_code_that_there_is_none_of_has_no_page(asker: Asker) -> None:
    assert asker.client.get("/problems/no_such_code").status_code == 404


def test_a_commands_path_is_its_name() -> None:
    assert path_of("ReceiveCreditNote") == "receive-credit-note"
    assert len({path_of(name) for name in COMMANDS}) == len(COMMANDS)
