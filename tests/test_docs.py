"""The documentation says what the code does: nothing is missing, and nothing is left over."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

import domain
import service.api
import service.cli  # Its commands are registered by it.
import service.web
from domain.programme import Data
from domain.words import DECISIONS, EVENTS, Command
from projections.balances import Figures
from projections.journeys import COUNTED
from projections.ledger import BOOKINGS, Account
from projections.pilot import BusinessCase, Misuse
from service.cli.terminal import app
from service.importing.actions import ACTIONS
from service.importing.reading import BudgetLineRow, CardRow, CaseRow, JournalRow
from service.refusals import TEXTS

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = {kind.__name__: kind for kind in DECISIONS}

# The municipality's words, of which each has one English word and a place in the glossary.
DANISH = (
    *("bevilling", "personligt budget", "budgetpost", "rate", "udbetaling", "kvittering", "bilag"),
    *("tro- og loveerklæring", "EAN-faktura", "kreditnota", "leverandør", "kontering"),
    *("kontostreng", "lovhjemmel", "finansieringskilde", "tilsagn", "jobkonsulent"),
    *("økonomikonsulent", "revisor", "borger", "forløb", "screening", "rød/gul/grøn vurdering"),
    *("attestere", "anvise", "misbrug", "tilbagebetalingskrav", "partshøring", "afskrive"),
    "medfinansiering",
)


# Reading pages -----------------------------------------------------------------------------------


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def code(page: Path) -> list[str]:
    """What the page sets in code, in blocks and within sentences."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```.*?^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`([^`\n]+)`", prose(page))]


def parts(page: str) -> dict[str, str]:
    """What stands under each heading of second order."""
    found = re.split(r"^## (.+)\n", prose(REFERENCE / page), flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def told(page: str, part: str | None = None) -> dict[str, str]:
    """What has a heading of third order in that part, or in any, and what is said of it."""
    texts = [text for title, text in parts(page).items() if part in (None, title)]
    found = [each for text in texts for each in re.split(r"^### ", text, flags=re.MULTILINE)[1:]]
    names = [each.partition("\n")[0] for each in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


def rows(page: str, part: str) -> dict[str, str]:
    """The rows of a part's tables, by the names in their first column."""
    return dict(re.findall(r"^\| `([^`]+)` \|(.*)$", parts(page)[part], flags=re.MULTILINE))


def in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


# Looking at the code -----------------------------------------------------------------------------


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def sources(*folders: str) -> str:
    return "\n".join(
        path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


@cache
def refusals() -> dict[str, set[str]]:
    """Each code that the domain refuses with, and the facts that may come with it."""
    found: dict[str, set[str]] = {}
    calls = [each for each in ast.walk(ast.parse(sources("domain"))) if isinstance(each, ast.Call)]
    for call in calls:
        facts = {str(keyword.arg) for keyword in call.keywords}
        if ast.unparse(call.func) == "Refused":
            found.setdefault(ast.unparse(call.args[0]), set()).update(facts)
    chosen = {
        ast.unparse(keyword.value)
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "refusal"
    }
    passed_on = found.pop("refusal")  # Facts of the one refusal whose code the caller chooses.
    for name in chosen:
        found.setdefault(name, set()).update(passed_on)
    return {str(ast.literal_eval(name)): facts for name, facts in found.items()}


@cache
def guards() -> dict[str, set[str]]:
    """The codes that each command may be refused with, by its decision or by whatever that uses."""
    codes = set(refusals())
    functions = {
        each: {text for part in ast.walk(each) for text in names_in(part)}
        for each in ast.walk(ast.parse(sources("domain")))
        if isinstance(each, ast.FunctionDef)
    }
    decisions = {
        command: each
        for each in functions
        for decorator in each.decorator_list
        for command in re.findall(r"^decides\((\w+)\)$", ast.unparse(decorator))
    }
    helpers = {
        each.name: names
        for each, names in functions.items()
        if {ast.unparse(decorator) for decorator in each.decorator_list} <= {"property"}
    }

    def reached(names: set[str]) -> set[str]:
        more = names.union(*(helpers[name] for name in names & set(helpers)))
        return names if more == names else reached(more)

    return {name: reached(functions[each]) & codes for name, each in decisions.items()}


def names_in(part: ast.AST) -> Iterator[str]:
    """What a piece of code calls, and the codes that it mentions."""
    match part:
        case ast.Attribute(value=ast.Name(id="ask")):
            pass  # A field of the command, whatever else is called so.
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            yield name


def guards_told(command: str) -> set[str]:
    """The codes that a command's paragraph tells of, those of the guards that many share among them."""
    body = told("commands.md")[command]
    found = re.search(r"Guards: (.*?)[.]\s+Events:", body, re.DOTALL)
    assert found, command
    if other := re.fullmatch(r"as (\w+)", found[1]):
        return guards_told(other[1])
    page = prose(REFERENCE / "commands.md")
    shared = re.findall(r"^\| \*(\w+)\* \|.*`(\w+)` \|$", page, re.MULTILINE)
    first = found[1].partition(";")[0].split(", ")
    codes = {code for guard, code in shared if guard in first}
    return codes | (in_code(found[1]) & set(TEXTS))


def parts_of(kind: type[BaseModel]) -> set[type[Data]]:
    """The parts that an event is made of, and theirs."""
    found: set[type[Data]] = set()
    for field in kind.model_fields.values():
        for each in (field.annotation, *get_args(field.annotation)):
            if isinstance(each, type) and issubclass(each, Data):
                found |= {each} | parts_of(each)
    return found


def bookings(event: str) -> set[tuple[Account, Account, Any]]:
    """What an event does to the books: debit, credit, and the field that says how much."""
    book = BOOKINGS.get(EVENTS[event])
    return set(book(SimpleNamespace(amount="amount", change="change"))) if book else set()


def commands_of_the_line() -> dict[str, Any]:
    """Every command of `teten`, under its full name."""
    found: dict[str, Any] = {}
    top: Any = typer.main.get_command(app)
    for name, command in top.commands.items():
        within = getattr(command, "commands", {})
        found |= {f"{name} {sub}": each for sub, each in within.items()} or {name: command}
        if getattr(command, "invoke_without_command", False):
            found[name] = command
    return found


def routes() -> set[str]:
    found = {"GET /openapi.json"}
    for package in (service.api, service.web):
        for module in modules(package):
            router = getattr(module, "router", None)
            for route in router.routes if router else []:
                found |= {f"{method} {route.path}" for method in route.methods}
    # Of commands one paragraph for all: what each takes is said of the command itself.
    return {re.sub(r"(/v1/commands/).+", r"\1{command}", name) for name in found}


assert list(modules(domain))  # All of it is imported now, so that every event and command is known.


# Events ------------------------------------------------------------------------------------------


def test_every_event_has_its_paragraph() -> None:
    assert set(told("events.md")) - set(told("events.md", "Parts")) == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_every_field_of_an_event_is_explained(name: str) -> None:
    assert set(EVENTS[name].model_fields) - in_code(told("events.md")[name]) == set()


def test_the_parts_of_events_are_explained_with_every_field() -> None:
    parts = {part.__name__: part for event in EVENTS.values() for part in parts_of(event)}
    explained = told("events.md", "Parts")
    assert set(explained) == set(parts)
    for name, part in parts.items():
        assert set(part.model_fields) - in_code(explained[name]) == set(), name


@pytest.mark.parametrize("name", EVENTS)
def test_what_an_event_does_to_the_books_is_said(name: str) -> None:
    found = re.search(r"^Books: (.*?) Source:", told("events.md")[name], re.MULTILINE)
    said = found[1] if found else ""
    accounts = set(re.findall(r"`([^`]+)` / `([^`]+)`", said))
    assert accounts == {(debit.value, credit.value) for debit, credit, _ in bookings(name)}
    assert all(amount in said for _, _, amount in bookings(name))


# Commands and refusals ---------------------------------------------------------------------------


def test_every_command_has_its_paragraph() -> None:
    assert set(told("commands.md")) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_of_a_command_is_named(name: str) -> None:
    own = set(COMMANDS[name].model_fields) - set(Command.model_fields)
    assert own - in_code(told("commands.md")[name]) == set()


def test_commands_lead_to_events_and_refusals_that_there_are() -> None:
    said = {word for body in told("commands.md").values() for word in in_code(body)}
    assert {word for word in said if word[0].isupper() and " " not in word} == set(EVENTS)
    everywhere = in_code(prose(REFERENCE / "commands.md"))
    assert set(refusals()) - everywhere == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_tells_of_every_refusal_and_no_other(name: str) -> None:
    assert guards_told(name) == guards()[name]


@pytest.mark.parametrize("code", TEXTS)
def test_a_refusal_names_the_commands_that_it_answers(code: str) -> None:
    said = re.search(r"Commands: (.*)", told("refusals.md")[code])
    assert said
    answered = {name for name, codes in guards().items() if code in codes}
    if said[1].startswith("all but"):
        answered = set(COMMANDS) - answered
    if not said[1].startswith(("all.", "nearly all", "see ")):
        assert {word for word in re.findall(r"\w+", said[1]) if word in COMMANDS} == answered


def test_every_refusal_has_its_paragraph() -> None:
    assert set(told("refusals.md")) == set(refusals())


def test_every_refusal_has_its_sentences_and_no_others_have() -> None:
    assert set(TEXTS) == set(refusals())


@pytest.mark.parametrize("code", TEXTS)
def test_a_refusal_is_told_with_its_sentences_its_facts_and_its_source(code: str) -> None:
    body = told("refusals.md")[code]
    assert f"> {TEXTS[code].danish}\n>\n> {TEXTS[code].english}\n" in body
    assert refusals()[code] - in_code(body) == set()
    assert "Commands: " in body
    assert "\nSource: " in body


# Figures -----------------------------------------------------------------------------------------


def test_every_account_and_every_amount_is_explained() -> None:
    assert set(told("figures.md", "Accounts")) == {account.value for account in Account}
    assert set(told("figures.md", "Amounts")) == {*Figures.model_fields, "amount", "available"}


@pytest.mark.parametrize("account", Account)
def test_an_account_names_the_events_that_are_booked_on_it(account: Account) -> None:
    body = told("figures.md", "Accounts")[account.value]
    booked = {name for name in EVENTS for entry in bookings(name) if account in entry}
    assert in_code(body) == booked


def test_every_count_list_and_figure_of_the_report_is_explained() -> None:
    assert set(rows("figures.md", "Counts")) == {*COUNTED, "outcomes", "left_benefits"}
    assert set(rows("figures.md", "Misuse")) == set(Misuse.model_fields)
    assert set(rows("figures.md", "Business case")) == set(BusinessCase.model_fields)


# The ways in -------------------------------------------------------------------------------------


def test_every_route_is_explained() -> None:
    assert set(told("api.md")) == routes()


def test_every_command_of_the_line_is_explained_with_its_options() -> None:
    commands = commands_of_the_line()
    explained = told("cli.md")
    assert set(explained) == {f"teten {name}" for name in commands}
    for name, command in commands.items():
        options = {option for each in command.params for option in each.opts if option[0] == "-"}
        missing = {option for option in options if f"`{option}" not in explained[f"teten {name}"]}
        assert missing == set(), name


def test_the_environment_is_explained() -> None:
    read = set(re.findall(r"\"(TETEN_\w+)\"", sources("service")))
    assert set(rows("cli.md", "Environment")) == read


def test_every_action_of_the_journal_is_explained() -> None:
    actions = rows("dataset.md", "Actions")
    assert set(actions) == set(ACTIONS)
    assert {word for row in actions.values() for word in in_code(row)} - {" / "} <= set(COMMANDS)


def test_every_column_of_a_data_set_is_named() -> None:
    files = rows("dataset.md", "Files")
    kinds: list[type[BaseModel]] = [CaseRow, BudgetLineRow, JournalRow, CardRow]
    names = ("cases", "budget_lines", "journal", "card_transactions")
    for name, kind in zip(names, kinds, strict=True):
        assert in_code(files[f"{name}.csv"]) - set(COMMANDS) == set(kind.model_fields)


# All pages ---------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The names that links into the page can use, as GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", link):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_the_line_that_is_shown_exists(page: Path) -> None:
    known = commands_of_the_line()
    groups = {name.partition(" ")[0] for name in known if " " in name}
    for text in code(page):
        for first, second in re.findall(r"\bteten ([a-z][a-z-]*)(?: (\w[\w-]*))?", text):
            name = f"{first} {second}".strip() if first in groups else first
            assert name in known, text
            assert first != "do" or second in {*COMMANDS, ""}, text


@pytest.mark.parametrize("word", DANISH)
def test_the_municipalitys_words_are_in_the_glossary(word: str) -> None:
    assert f"\n| {word} | " in (ROOT / "docs" / "words.md").read_text("utf-8")


def test_the_glossary_names_what_is_in_the_code() -> None:
    table = re.findall(r"^\| [^|]+ \|.*$", prose(ROOT / "docs" / "words.md"), flags=re.MULTILINE)
    names = {name.rpartition(".")[2] for row in table for name in in_code(row)}
    words = set(re.findall(r"\w+", sources("domain", "projections")))
    assert names - words == set()


def test_pages_are_short() -> None:
    lines = {page: len(page.read_text("utf-8").splitlines()) for page in PAGES}
    assert lines[ROOT / "README.md"] <= 120
    assert all(count <= 40 for page, count in lines.items() if page.parent.name == "decisions")
