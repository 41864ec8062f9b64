"""`python -m tests.projections.flags.reference`: the rules in docs/reference/flags.md, from the code."""

from collections.abc import Iterator
from pathlib import Path

from projections.flags.catalogue import RULES
from projections.flags.gathering import ARRIVING, GATHERS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "flags.md"
BEGIN, END = "<!-- from the code -->", "<!-- until here -->"


def told() -> str:
    """Every rule, and every event that any rule may look at."""
    return "\n".join([BEGIN, *_rules(), *_inputs(), END])


def _rules() -> Iterator[str]:
    for rule in RULES.values():
        given = ", ".join(f"`{name}` {value}" for name, value in rule.parameters.items())
        yield f"### {rule.id}"
        yield f"Version {rule.version}, {rule.stage}. Parameters: {given or 'none'}."
        yield f"Looks at: {', '.join(f'`{each}`' for each in rule.looks_at)}."
        yield ""
        yield rule.says
        yield ""


def _inputs() -> Iterator[str]:
    yield "## All inputs"
    yield (
        "These events of a case, and nothing else: "
        + ", ".join(sorted(f"`{kind.__name__}`" for kind in GATHERS))
        + ". And of what arrives: "
        + ", ".join(f"`{kind.__name__}`" for kind in ARRIVING)
        + "."
    )


def page() -> str:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return before + told() + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
