"""What can't be done with a webhook, and why, in both languages."""


class WebhookRefused(Exception):
    """`code` and `status` are those of the problem that the API answers with."""

    def __init__(self, code: str, status: int, danish: str, english: str) -> None:
        super().__init__(english)
        self.code, self.status, self.danish = code, status, danish


def unknown(name: str) -> WebhookRefused:
    return WebhookRefused(
        "not_found", 404, f"Der er ingen webhook {name}.", f"There is no webhook {name}."
    )


def already_there(name: str) -> WebhookRefused:
    return WebhookRefused(
        "webhook_exists",
        409,
        f"Webhooken {name} findes allerede. Vælg et andet navn.",
        f"There is a webhook {name} already. Choose another name.",
    )


def bad_name() -> WebhookRefused:
    return WebhookRefused(
        "bad_name",
        422,
        "Navnet skal være 1-40 små bogstaver (a-z), tal og bindestreger, og ikke begynde med en bindestreg.",
        "The name must be 1 to 40 of a-z, 0-9 and -, and not begin with -.",
    )


def unknown_type(name: str) -> WebhookRefused:
    return WebhookRefused(
        "unknown_event_type",
        422,
        f"Der er ingen hændelse {name}.",
        f"There is no event {name}. docs/reference/events.md has them all.",
    )


def unknown_programme(name: str) -> WebhookRefused:
    return WebhookRefused(
        "not_found", 404, f"Der er intet program {name}.", f"There is no programme {name}."
    )


def bad_address(danish: str, english: str) -> WebhookRefused:
    return WebhookRefused("bad_address", 422, danish, english)


def not_reached_yet(position: int, reached: int) -> WebhookRefused:
    return WebhookRefused(
        "not_known",
        422,
        f"Position {position} er efter {reached}, som webhooken er nået til.",
        f"Position {position} is after {reached}, where the webhook is: only what was before is replayed.",
    )


def not_wanted(position: int) -> WebhookRefused:
    return WebhookRefused(
        "not_found",
        404,
        f"Hændelsen på position {position} er ikke blandt dem, webhooken skal have.",
        f"The event at position {position} is not among those that the webhook is sent.",
    )


def rotation_unfinished(name: str) -> WebhookRefused:
    return WebhookRefused(
        "rotation_unfinished",
        409,
        f"{name} har allerede to hemmeligheder. Afskaf den gamle først.",
        f"{name} has two secrets already. Retire the old one first.",
    )


def one_secret(name: str) -> WebhookRefused:
    return WebhookRefused(
        "one_secret",
        409,
        f"{name} har kun én hemmelighed. Lav en ny først.",
        f"{name} has one secret only. Rotate first.",
    )
