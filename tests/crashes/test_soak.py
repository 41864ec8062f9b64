"""A short soak, which breaks everything once; a long one is `make soak`."""

from tests.crashes.machine import Machine
from tests.crashes.soak import Soak


def test_whatever_is_killed_nothing_is_lost_doubled_or_skipped(breakable: Machine) -> None:
    breakable.revive()
    said: list[str] = []
    assert Soak(breakable, 20261122, said.append).run(cycles=6), "\n".join(said)
    assert len({line[5:35] for line in said if line.endswith(" s")}) == 6
    assert said[-1].endswith(
        "0 lost, 0 doubled, 0 positions skipped, projections equal to their rebuild"
    )
