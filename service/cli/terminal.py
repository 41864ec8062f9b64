"""How the command line talks: data to standard output, everything else to standard error."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service.known import Known, parse
from service.logging import without_cpr

app = typer.Typer(
    name="teten",
    help="Betalinger og kvitteringer for personlige, borgerstyrede budgetter.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# An amount is never cut short to fit a narrow terminal: the line wraps instead.
out = Console(emoji=False, soft_wrap=True, width=max(shutil.get_terminal_size().columns, 110))
err = Console(stderr=True, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]
KnownWhen = Annotated[
    str | None,
    typer.Option("--known", metavar="POSITION|MOMENT", help="As the log knew it then."),
]
ProgrammeId = Annotated[
    str | None, typer.Option("--programme", help="Which programme, if there are several.")
]


def known_at(text: str | None) -> Known | None:
    """What --known says. NotKnown."""
    return parse(text) if text else None


def print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def complain(message: str) -> None:
    err.print(without_cpr(message), style="red", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress(what: str, steps: int) -> Iterator[Any]:
    """A bar on a terminal, silence elsewhere. Yields a function to be told of each step."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=steps)
        yield lambda count: bar.advance(task, count)
