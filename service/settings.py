"""What the environment says, read once."""

import os
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from service.access.configuration import SignInSettings
from service.evidence.outside.configuration import Outlets
from service.reminding.configuration import Post


class UnusableSetting(Exception):
    """A variable of the environment holds what can't be used."""


@dataclass(frozen=True)
class Settings:
    """`TETEN_HOME`: where our files are. `TETEN_DATABASE_URL`: a server to use instead of our own.
    `TETEN_MASTER_KEY_FILE`: the vault's master key, if it is not to be kept under the home.
    `TETEN_MASTER_KEY`: that key itself. `TETEN_KMS_COMMAND`: a program that wraps keys, in place of it.
    `TETEN_VAULT_URL`: a database of the keys' own, away from the log's.
    `TETEN_CHECKPOINTS`: the folder of the signed checkpoints, best on another machine.
    `TETEN_CHECKPOINT_KEY_FILE`: the key that signs them. `TETEN_LOG_NAME`: the name of this log in them.
    `TETEN_CHECKPOINT_EVENTS`, `TETEN_CHECKPOINT_MINUTES`: after how many of them the next is made.
    `TETEN_UPLOAD_MEGABYTES`: how large a file that goes with a command may be.
    `TETEN_REQUESTS_PER_MINUTE`: of each who is signed in; `TETEN_UNSIGNED_REQUESTS_PER_MINUTE`: of each
    address from which nobody is.
    `TETEN_PUBLIC_URL`: where browsers and clients find the service, https://teten.example.
    `TETEN_TRUSTED_PROXIES`: the networks of proxies that may say whom they ask for.
    `TETEN_WEBHOOKS_ALLOW`: networks that are not public, and to which webhooks may be sent nevertheless."""

    home: Path
    database_url: str | None
    master_key_file: Path
    checkpoint_folder: Path | None = None
    checkpoint_key: Path | None = None
    log_name: str | None = None
    checkpoint_events: int = 1000
    checkpoint_minutes: int = 10
    outlets: Outlets = field(default_factory=Outlets)
    vault_url: str | None = None
    master_key: str | None = field(default=None, repr=False)
    kms_command: str | None = None
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    upload_megabytes: int = 10
    requests_per_minute: int = 600
    unsigned_requests_per_minute: int = 60
    public_url: str | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    post: Post = field(default_factory=Post)

    @classmethod
    def read(cls) -> "Settings":
        home = Path(os.environ.get("TETEN_HOME") or "var").absolute()
        key = os.environ.get("TETEN_MASTER_KEY_FILE")
        outlets = Outlets.read(mail_minutes=_number("TETEN_CHECKPOINT_MAIL_EVERY", 60))
        return cls(
            home=home,
            database_url=os.environ.get("TETEN_DATABASE_URL") or None,
            master_key_file=Path(key) if key else home / "master.key",
            checkpoint_folder=_path("TETEN_CHECKPOINTS"),
            checkpoint_key=_path("TETEN_CHECKPOINT_KEY_FILE"),
            log_name=os.environ.get("TETEN_LOG_NAME") or None,
            checkpoint_events=_number("TETEN_CHECKPOINT_EVENTS", cls.checkpoint_events),
            checkpoint_minutes=_number("TETEN_CHECKPOINT_MINUTES", cls.checkpoint_minutes),
            upload_megabytes=_number("TETEN_UPLOAD_MEGABYTES", cls.upload_megabytes),
            requests_per_minute=_number("TETEN_REQUESTS_PER_MINUTE", cls.requests_per_minute),
            unsigned_requests_per_minute=_number(
                "TETEN_UNSIGNED_REQUESTS_PER_MINUTE", cls.unsigned_requests_per_minute
            ),
            outlets=outlets,
            vault_url=os.environ.get("TETEN_VAULT_URL") or None,
            master_key=os.environ.get("TETEN_MASTER_KEY") or None,
            kms_command=os.environ.get("TETEN_KMS_COMMAND") or None,
            webhook_networks=_networks("TETEN_WEBHOOKS_ALLOW"),
            public_url=os.environ.get("TETEN_PUBLIC_URL") or None,
            trusted_proxies=_networks("TETEN_TRUSTED_PROXIES"),
            sign_in=SignInSettings.read(
                minutes=_number("TETEN_SESSION_MINUTES", 30),
                hours=_number("TETEN_SESSION_HOURS", 10),
            ),
            post=_post(outlets.smtp),
        )

    @property
    def upload_bytes(self) -> int:
        return self.upload_megabytes * 1_000_000

    @property
    def files(self) -> Path:
        return self.home / "files"

    @property
    def checkpoints(self) -> Path:
        return self.checkpoint_folder or self.home / "checkpoints"

    @property
    def checkpoint_key_file(self) -> Path:
        return self.checkpoint_key or self.home / "checkpoint.key"

    @property
    def unfinished_restore(self) -> Path:
        """There while a restore into the home isn't done. Holds which backup it is of."""
        return self.home / "restore-unfinished"


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).absolute() if value else None


def _post(smtp: str) -> Post:
    """UnusableSetting: Digital Post would be from nobody."""
    try:
        return Post.read(smtp)
    except ValueError:
        raise UnusableSetting(
            "TETEN_DIGITAL_POST_FOLDER is set: TETEN_SENDER_CVR must be the CVR number of whoever the post "
            "is from, eight digits."
        ) from None


def _number(name: str, otherwise: int) -> int:
    """UnusableSetting: it is none, or less than one."""
    value = os.environ.get(name)
    if not value:
        return otherwise
    if not value.isascii() or not value.isdigit() or not int(value):
        raise UnusableSetting(f"{name} must be a whole number from 1 on, and is {value!r}.")
    return int(value)


def _networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """UnusableSetting: one of them is none."""
    value = os.environ.get(name) or ""
    try:
        return tuple(ip_network(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        raise UnusableSetting(
            f"{name} must be networks with commas between them, like 10.20.0.0/16: {error}."
        ) from error
