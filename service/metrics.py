"""Figures of the running itself, in Prometheus' text format. No case, no person, no amount."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from service.beside import Beside
from service.evidence.outside.delivery import Standing as Delivered
from service.followers import Follower
from service.intake.queue import Length
from service.reminding.letters import STATES
from service.rows import Standing
from service.webhooks.delivering import Standing as Webhook

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Figure = tuple[str, str, str, Callable[[Standing], float | None]]
OF_A_PROJECTION: tuple[Figure, ...] = (
    ("position", "gauge", "The latest event that it has folded.", lambda s: s.position),
    ("lag_events", "gauge", "Events that it has still to fold.", lambda s: s.behind),
    (
        "lag_seconds",
        "gauge",
        "For how long the oldest event has been there that it has still to fold.",
        lambda s: s.seconds,
    ),
    ("events_total", "counter", "Events that it has folded.", lambda s: s.seen),
    ("failing", "gauge", "1: it can't fold its next event.", lambda s: s.failing is not None),
    ("failures_total", "counter", "Attempts that failed.", lambda s: s.failures),
    ("rebuilds_total", "counter", "Rebuilds that were swapped in.", lambda s: s.rebuilds),
)

OF_A_PART: tuple[tuple[str, str, Callable[[Beside], float | None]], ...] = (
    ("up", "1: it runs, beside the web server of this process.", lambda p: p.alive),
    (
        "troubles",
        "What is in its way: itself, or single things of many.",
        lambda p: len(p.troubles),
    ),
    ("trouble_seconds", "For how long the oldest of them has been.", lambda p: p.troubled_for),
)

OF_A_PLACE: tuple[tuple[str, str, Callable[[Delivered], float | None]], ...] = (
    ("size", "The latest checkpoint that reached it.", lambda s: s.size),
    ("waits_seconds", "For how long it has lacked one.", lambda s: s.seconds),
    ("failing", "1: it doesn't take what it is sent.", lambda s: s.failing is not None),
)

OF_A_WEBHOOK: tuple[tuple[str, str, Callable[[Webhook], float | None]], ...] = (
    ("position", "Up to here everything was delivered or isn't wanted.", lambda s: s.position),
    ("lag_events", "Events that it has still to be looked at for.", lambda s: s.behind),
    (
        "failing_seconds",
        "For how long it hasn't taken what it is sent.",
        lambda s: s.failing_seconds,
    ),
    ("disabled", "1: nothing is sent to it.", lambda s: s.disabled is not None),
)


def text(
    head: int,
    standings: Sequence[Standing],
    follower: Follower,
    beside: Sequence[Beside],
    places: Sequence[Delivered],
    age: float | None,
    webhooks: Sequence[Webhook],
    pictures: Length,
    letters: Mapping[str, int],
) -> str:
    following = follower.alive and not follower.trouble
    lines = [
        *_told("teten_log_position", "gauge", "The latest event of the log.", [("", head)]),
        *_told("teten_follower_up", "gauge", "1: the follower follows.", [("", following)]),
    ]
    for name, says, of_part in OF_A_PART:
        values = [(f'{{part="{each.name}"}}', of_part(each)) for each in beside]
        lines += _told(f"teten_part_{name}", "gauge", says, values)
    for name, kind, says, figure in OF_A_PROJECTION:
        values = [(f'{{projection="{each.projection}"}}', figure(each)) for each in standings]
        lines += _told(f"teten_projection_{name}", kind, says, values)
    says = "How long ago the latest checkpoint was made."
    lines += _told("teten_checkpoint_age_seconds", "gauge", says, [("", age)])
    for name, says, of_place in OF_A_PLACE:
        values = [(f'{{place="{each.place}"}}', of_place(each)) for each in places]
        lines += _told(f"teten_checkpoint_{name}", "gauge", says, values)
    for name, says, of_webhook in OF_A_WEBHOOK:
        values = [(f'{{webhook="{each.webhook}"}}', of_webhook(each)) for each in webhooks]
        lines += _told(f"teten_webhook_{name}", "gauge", says, values)
    for name, says, value in (
        ("waiting", "Pictures that wait to be read.", pictures.waiting),
        ("unreadable", "Pictures that can't be read.", pictures.unreadable),
        ("oldest_seconds", "For how long the oldest has waited.", pictures.seconds()),
    ):
        lines += _told(f"teten_pictures_{name}", "gauge", says, [("", value)])
    values = [(f'{{state="{each}"}}', letters.get(each, 0)) for each in STATES]
    lines += _told("teten_letters", "gauge", "Letters about receipts that don't come.", values)
    return "\n".join(lines) + "\n"


def _told(
    name: str, kind: str, says: str, values: Sequence[tuple[str, float | None]]
) -> Iterator[str]:
    yield f"# HELP {name} {says}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        if value is not None:
            yield f"{name}{labels} {float(value):.15g}"
