"""The table of permissions as the page of the docs has it: `python -m tests.access.table`."""

import sys

from domain.permissions import COMMANDS, VIEWS, Granted, Reach
from domain.programme import Role

INTRODUCTION = """\
# Who may do what

Made from `domain/permissions.py`, the one table that decisions, routes and pages look at, by
`python -m tests.access.table > docs/reference/permissions.md`. A role holds where both the sign-in and
the programme's log give it. *all*: of the whole programme; *team*: cases of the caseworker's own team,
and their own; *own*: the citizen's own case. An empty field: refused as `forbidden`. A case out of reach
is answered like one that isn't there.
"""
HEADINGS = {"## Commands": COMMANDS, "## Views": VIEWS}


def page() -> str:
    parts = [INTRODUCTION]
    for heading, actions in HEADINGS.items():
        parts.append(f"{heading}\n")
        parts.append(f"| | {' | '.join(Role)} |")
        parts.append(f"| --- |{' --- |' * len(Role)}")
        parts += [_row(action, granted) for action, granted in actions.items()]
        parts.append("")
    return "\n".join(parts)


def _row(action: str, granted: Granted) -> str:
    cells: list[Reach | str] = [granted.get(role, "") for role in Role]
    return f"| `{action}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
