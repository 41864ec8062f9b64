"""How a command's body is described: from the command's own model, as whoever writes it in plain sees it."""

import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from domain.words import COMMANDS, Command
from service.api.bodies import TYPES, takes_file
from service.clerk import DOCUMENTS, LOOKED_UP
from service.formats import einvoice

WORDS_MAX = 10_000  # Characters of a free text, as described.
PREFIX = "command."
TEMPLATE = f"#/components/schemas/{PREFIX}{{model}}"
SEALED = "^words-[0-9a-f]{32}$"
FILLED_IN = ("id", "by", "at", "cause", "sha256", "size")
ANYTHING = ("application/octet-stream",)  # It is kept as it came, whatever it turns out to be.
MARK, ACCOUNT = "^account-[0-9a-f]{32}$", "^[0-9]{4}-[0-9]{10}$"


def examples() -> dict[str, dict[str, Any]]:
    """One body of each command, as a person writes it."""
    text = (Path(__file__).parent / "examples.json").read_text("utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def request_body(name: str, kind: type[Command]) -> dict[str, Any]:
    """OpenAPI's description of what is sent."""
    schema = {"$ref": TEMPLATE.format(model=name)}
    example = examples()[name]
    if not takes_file(kind):
        content: dict[str, Any] = {"schema": schema, "examples": {"usual": {"value": example}}}
        return {"required": True, "content": {"application/json": content}}
    parts = {"command": schema, "file": {"type": "string", "format": "binary"}}
    content = {
        "schema": {
            "type": "object",
            "required": list(parts),
            "properties": parts,
            "additionalProperties": False,
        },
        "encoding": {
            "command": {"contentType": "application/json"},
            "file": {"contentType": ", ".join(TYPES.get(name, ANYTHING))},
        },
    }
    described = {"multipart/form-data": content}
    if "voucher" in kind.model_fields:  # Its file is here already.
        described["application/json"] = {"schema": schema}
    return {"required": True, "content": described}


@cache
def schemas() -> dict[str, Any]:
    """Of every command's body and its parts, by their names in `components`."""
    kinds = [(kind, "validation") for _, kind in sorted(COMMANDS.items())]
    _, whole = models_json_schema(kinds, ref_template=TEMPLATE)  # type: ignore[arg-type]
    found = {}
    for model, schema in whole["$defs"].items():
        plain = _plain(schema)
        if model in COMMANDS:
            plain = _as_written(model, plain)
        found[f"{PREFIX}{model}"] = plain
    return found


def _as_written(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Without what goes without saying, is read from the file, or is looked up."""
    left_out = {*FILLED_IN, *LOOKED_UP.get(name, ())}
    if name in DOCUMENTS:
        left_out |= {each.name for each in dataclasses.fields(einvoice.Document)}
    fields = {each: what for each, what in schema["properties"].items() if each not in left_out}
    required = [each for each in schema["required"] if each in fields and each != "effective_on"]
    told = {"properties": fields, "required": required, "examples": [examples()[name]]}
    return {**schema, **told}


def _plain(schema: Any) -> Any:
    """With clear text wherever the log wants a reference to sealed words."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("pattern") == SEALED:
        rest = {key: value for key, value in schema.items() if key != "pattern"}
        return {**rest, "maxLength": WORDS_MAX, "description": "Free text; sealed in the vault."}
    if schema.get("pattern") == MARK:
        return {
            **schema,
            "pattern": ACCOUNT,
            "description": "In clear; the log holds a mark of it.",
        }
    return {key: _plain(value) for key, value in schema.items()}
