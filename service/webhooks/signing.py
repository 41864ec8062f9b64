"""The secrets of a webhook, and its signatures by the Standard Webhooks scheme."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from cryptography.exceptions import InvalidTag
from standardwebhooks import Webhook

from service.people.sealing import VaultClosed
from service.people.vault import Vault
from service.webhooks.messages import MEDIA_TYPE, Message

SECRET_BYTES = 32  # Standard Webhooks: 24 to 64.
Connection = psycopg.Connection[Any]


class SecretsLost(Exception):
    """None of the webhook's secrets can be opened: they are of another master key."""


class Secrets:
    """Sealed with a key of the vault's for each webhook: the database alone doesn't give them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def add(self, connection: Connection, webhook: str, number: int) -> str:
        """A new one. It is told now, and never again."""
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
        sealed = self._vault.seal_file(_subject(webhook), secret.encode(), str(number))
        connection.execute(
            "INSERT INTO webhooks.secrets (endpoint, number, sealed) VALUES (%s, %s, %s)",
            (webhook, number, sealed),
        )
        return secret

    def all(self, connection: Connection, webhook: str) -> list[str]:
        """Those that can be opened, the latest first. SecretsLost: none can."""
        found = connection.execute(
            "SELECT number, sealed FROM webhooks.secrets WHERE endpoint = %s ORDER BY number DESC",
            (webhook,),
        ).fetchall()
        opened = [secret for each in found if (secret := self._opened(webhook, *each))]
        if not opened:
            raise SecretsLost
        return opened

    def _opened(self, webhook: str, number: int, sealed: bytes) -> str | None:
        try:
            return self._vault.open_file(_subject(webhook), sealed, str(number)).decode()
        except (InvalidTag, VaultClosed):
            return None


def _subject(webhook: str) -> str:
    return f"webhook-{webhook}"


def headers(message: Message, known: Sequence[str]) -> dict[str, str]:
    """Signed with each secret, now: whoever verifies knows one of them."""
    now = datetime.now(UTC)
    signatures = [Webhook(each).sign(message.id, now, message.body) for each in known]
    return {
        "Content-Type": MEDIA_TYPE,
        "User-Agent": "Teten",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
