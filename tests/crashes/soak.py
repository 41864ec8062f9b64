"""Kill it, look whether all is there, and do it again.

    python -m tests.crashes.soak --cycles 300

Ends with 0 if nothing was lost, doubled, skipped or otherwise wrong; else with 1, and what it was. The
same seed breaks the same things in the same order, though never at quite the same instruction.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from time import monotonic, sleep, time_ns

from service.app import opened
from tests.crashes import load, witness
from tests.crashes.acknowledgements import count
from tests.crashes.checking import Checker
from tests.crashes.load import Load
from tests.crashes.machine import Machine, ends, machine, process, wait_until
from tests.crashes.proxy import through_proxy

WHOLE_CHECK_EVERY = 25  # Cycles.
CYCLES_OF_A_PROGRAMME = 10  # Then a fresh one, with cases that have their way before them.


class Soak:
    def __init__(self, on: Machine, seed: int, say: Callable[[str], None]) -> None:
        self._machine, self._seed, self._say = on, seed, say
        self._dice = Random(seed)
        self._settings = on.database()
        self._url = self._settings.database_url or ""
        self._checker = Checker(seed)
        self._faults = (
            self._kill_the_service,
            self._kill_one_of_two_services,
            self._kill_the_server,
            self._kill_both,
            self._kill_a_backend,
            self._cut_connections,
        )
        self._to_come: list[Callable[[Load], list[Path]]] = []

    def run(self, cycles: int) -> bool:
        """Whether all was well. It ends with the cycle in which something was not."""
        done = 0
        try:
            for number in self._cycles(cycles):
                done = number
                if self._checker.troubles:
                    break
        except Exception as error:  # noqa: BLE001 - a check that can't be done is trouble, too
            self._checker.fails(error)
        met = ", ".join(f"{name} {times}" for name, times in self._checker.failures.most_common())
        self._say(f"errors that clients met, and asked again: {met or 'none'}")
        for trouble in self._checker.troubles[:50]:
            self._say(f"{trouble.kind}: {trouble.says}")
        self._say(f"{done} cycles: {self._checker.summary()}")
        return not self._checker.troubles

    def _cycles(self, cycles: int) -> Iterator[int]:
        """Their numbers. Between them, and in the end, everything is checked."""
        home = self._settings.home
        with opened(self._settings), ExitStack() as stay:
            witnesses = [
                witness.Witness(self._url, home / "who asks over and over.jsonl", "by asking"),
                witness.Witness(self._url, home / "who is notified.jsonl", "by notifications"),
            ]
            tailing = [stay.enter_context(process(witness.run, each)) for each in witnesses]
            for number in range(1, cycles + 1):
                self._cycle(number)
                if number % WHOLE_CHECK_EVERY == 0:
                    with opened(self._settings) as teten:
                        self._checker.check_all(teten)
                if number < cycles:
                    yield number
            for each in tailing:
                ends(each)
            with opened(self._settings) as teten:
                self._checker.check_all(teten, [each.journal for each in witnesses])
                self._checker.rebuild(teten)
            yield cycles

    def _cycle(self, number: int) -> None:
        began = monotonic()
        first = Load(
            self._url,
            self._settings.home,
            self._settings.home / f"{number}-1.jsonl",
            programme=f"P{number // CYCLES_OF_A_PROGRAMME}",
            seed=self._seed * 100_000 + number,
        )
        if not self._to_come:  # Each in its turn, and in another order every time.
            self._to_come = self._dice.sample(self._faults, len(self._faults))
        fault = self._to_come.pop()
        journals = fault(first)
        self._machine.revive()
        before = self._checker.answers
        with opened(self._settings) as teten:
            self._checker.check(teten, journals)
        troubles = len(self._checker.troubles)
        for journal in journals:
            journal.unlink()
        self._say(
            f"{number:4} {fault.__name__.strip('_').replace('_', ' '):30}"
            f" {self._checker.answers - before:5} acknowledged  {monotonic() - began:4.1f} s"
            + (f"  {troubles} TROUBLES" if troubles else "")
        )

    # What breaks ---------------------------------------------------------------------------------

    def _a_moment(self) -> None:
        sleep(self._dice.uniform(0.2, 0.8))

    def _kill_the_service(self, first: Load) -> list[Path]:
        with process(load.run, first):
            _under_way(first)
            self._a_moment()
        return [first.journal]

    def _kill_one_of_two_services(self, first: Load) -> list[Path]:
        journal = first.journal.with_name(first.journal.name.replace("-1.", "-2."))
        second = replace(first, name="s2", journal=journal)
        with process(load.run, second):
            with process(load.run, first):
                _under_way(first, second)
                self._a_moment()
            _goes_on(second)
        return [first.journal, second.journal]

    def _kill_the_server(self, first: Load) -> list[Path]:
        """The service lives on, and comes back by itself."""
        with process(load.run, first):
            _under_way(first)
            self._a_moment()
            self._machine.kill_server()
            self._machine.revive()
            _goes_on(first)
        return [first.journal]

    def _kill_both(self, first: Load) -> list[Path]:
        with process(load.run, first) as service:
            _under_way(first)
            self._a_moment()
            if self._dice.random() < 0.5:
                service.kill()
            self._machine.kill_server()
        return [first.journal]

    def _kill_a_backend(self, first: Load) -> list[Path]:
        with process(load.run, first):
            _under_way(first)
            self._a_moment()
            self._machine.kill_a_backend(self._settings, self._dice)
            _goes_on(first)
        return [first.journal]

    def _cut_connections(self, first: Load) -> list[Path]:
        """Commits lose their answers, or never arrive; and then all connections are gone at once."""
        with (
            through_proxy(self._url) as (proxy, url),
            process(load.run, replace(first, url=url)),
        ):
            _under_way(first)
            for _ in range(4):
                proxy.cut(self._dice.choice(["before the commit", "after the commit"]))
                wait_until(lambda: not proxy.pending())
            proxy.cut_all()
            _goes_on(first)
        return [first.journal]


def _under_way(*loads: Load) -> None:
    wait_until(lambda: all(count(each.journal, "answered") for each in loads))


def _goes_on(service: Load) -> None:
    """It answers what is asked from now on."""
    until = count(service.journal, "answered") + 10
    wait_until(lambda: count(service.journal, "answered") > until)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=300)
    parser.add_argument("--seed", type=int, default=time_ns() % 100_000)
    asked = parser.parse_args()
    say(f"seed {asked.seed}")
    with machine() as made:
        well = Soak(made, asked.seed, say).run(asked.cycles)
    if not well:
        say(f"Again: python -m tests.crashes.soak --cycles {asked.cycles} --seed {asked.seed}")
    sys.exit(not well)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
