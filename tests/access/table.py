"""The table of permissions as the page of the docs has it: `python -m tests.access.table`."""

import sys
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter
from fastapi.routing import APIRoute

import service.api
import service.web
from domain.permissions import COMMANDS, VIEWS, Granted, Reach
from domain.programme import Role
from service.access.guard import Everywhere, Open, Published, SignedIn, Somewhere

INTRODUCTION = """\
# Who may do what

Made from `domain/permissions.py`, the one table that decisions, routes and pages look at, by
`python -m tests.access.table > docs/reference/permissions.md`. A role holds where both the sign-in and
the programme's log give it. *all*: of the whole programme; *team*: cases of the caseworker's own team,
and their own; *own*: the citizen's own case. An empty field: refused as `forbidden`. A case out of reach
is answered like one that isn't there.
"""
HEADINGS = {"## Commands": COMMANDS, "## Views": VIEWS}
ROUTES = """\
## Routes

Which row of the table a route looks at. *In every programme*: what it shows is of no single one. Each
command has its own row, at `/v1/commands/` and its name.
"""
PERMISSIONS = (Somewhere, SignedIn, Open, Published)


def page() -> str:
    parts = [INTRODUCTION]
    for heading, actions in HEADINGS.items():
        parts.append(f"{heading}\n")
        parts.append(f"| | {' | '.join(Role)} |")
        parts.append(f"| --- |{' --- |' * len(Role)}")
        parts += [_row(action, granted) for action, granted in actions.items()]
        parts.append("")
    parts += [ROUTES, "| | |\n| --- | --- |"]
    parts += [f"| `{route}` | {named} |" for route, named in sorted(routes().items())]
    return "\n".join([*parts, ""])


def routes() -> dict[str, str]:
    """What each route names, by method and path."""
    found = {}
    for package in (service.api, service.web):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            router = getattr(import_module(module.name), "router", None)
            for route in router.routes if isinstance(router, APIRouter) else ():
                assert isinstance(route, APIRoute)
                if not route.path.startswith("/v1/commands/"):
                    [method] = sorted(route.methods or ())
                    found[f"{method} {route.path}"] = _named(route)
    return found


def _named(route: APIRoute) -> str:
    [named] = [
        each.dependency for each in route.dependencies if isinstance(each.dependency, PERMISSIONS)
    ]
    match named:
        case Everywhere():
            return f"`{named.action}`, in every programme"
        case Somewhere():
            return f"`{named.action}`"
        case Published():
            return f"`{named.action}`; in the demo everybody"
        case SignedIn():
            return "whoever is signed in"
    return "everybody"


def _row(action: str, granted: Granted) -> str:
    cells: list[Reach | str] = [granted.get(role, "") for role in Role]
    return f"| `{action}` | {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
