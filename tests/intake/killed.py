"""Takes in a folder, and is killed by the kernel the first time that it comes to a step."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.app import opened
from service.intake.taking import Counter
from service.people.files import Staged
from service.people.vault import Vault
from service.recorder import LogRecorder
from service.settings import Settings


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(done: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **told: Any) -> None:
        if done(*args, **told):
            die()

    return wrapped


if __name__ == "__main__":
    match sys.argv[2]:
        case "before it is sealed":
            Vault.seal_file_into = die  # type: ignore[method-assign]
        case "before it has its name":
            Staged.keep = die  # type: ignore[method-assign]
        case "before the log speaks of it":
            keep = Staged.keep
            Staged.keep = lambda *args: die(keep(*args))  # type: ignore[method-assign]
        case "after the log speaks of it":
            LogRecorder.insert_events = then_die(LogRecorder.insert_events)  # type: ignore[method-assign]
    with opened(Settings.read()) as teten:
        for _ in Counter(teten, "NP", settled=0).folder(Path(sys.argv[1])):
            pass
