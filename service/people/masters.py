"""What wraps each person's key: a master key that we are given, or a key management service of others."""

import os
import secrets
import shlex
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.people.sealing import KEY_BYTES, VaultClosed, decrypt, encrypt, sync_folder
from service.settings import Settings, UnusableSetting

KMS_PATIENCE = 20  # Seconds.


class Master(Protocol):
    """Wraps the keys of subjects, so that who has the vault's tables alone can read nothing."""

    @property
    def name(self) -> str:
        """By which it is known again. It says nothing of the key."""

    def wrap(self, subject: str, key: bytes) -> bytes: ...

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        """VaultClosed: it wasn't wrapped by this one, or for somebody else."""

    def look_up_key(self) -> bytes:
        """What a new vault's look-up hashes are keyed with. It is then kept wrapped, as other keys are."""


class MasterKey:
    """32 bytes in a file or in the environment."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._wrapping = _derived(key, b"teten wrapping key")

    @property
    def name(self) -> str:
        return _derived(self._key, b"teten master key fingerprint").hex()[:32]

    def wrap(self, subject: str, key: bytes) -> bytes:
        return encrypt(self._wrapping, key, subject)

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        try:
            return decrypt(self._wrapping, wrapped, subject)
        except InvalidTag:
            raise VaultClosed(
                "The master key is not the one that this vault was sealed with. "
                "Put the right key at TETEN_MASTER_KEY_FILE (or master.key under TETEN_HOME), or in "
                "TETEN_MASTER_KEY."
            ) from None

    def look_up_key(self) -> bytes:
        """The first release derived it, and kept it nowhere."""
        return _derived(self._key, b"teten citizen look-up")


class KmsCommand:
    """A program that reaches a key management service: `COMMAND wrap SUBJECT` and `COMMAND unwrap SUBJECT`
    read bytes from standard input and write bytes to standard output.

    What it unwrapped is remembered, since it may be far away; a key whose row is gone isn't asked for.
    """

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)
        self._unwrapped: dict[tuple[str, bytes], bytes] = {}

    @property
    def name(self) -> str:
        return f"kms {Path(self._command[0]).name}"

    def wrap(self, subject: str, key: bytes) -> bytes:
        wrapped = self._run("wrap", subject, key)
        self._unwrapped[subject, wrapped] = key
        return wrapped

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        wrapped = bytes(wrapped)
        if (subject, wrapped) not in self._unwrapped:
            key = self._run("unwrap", subject, wrapped)
            if len(key) != KEY_BYTES:
                raise VaultClosed(f"{self.name} unwrapped something that is not a key.")
            self._unwrapped[subject, wrapped] = key
        return self._unwrapped[subject, wrapped]

    def look_up_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES)

    def _run(self, verb: str, subject: str, given: bytes) -> bytes:
        """What it says on standard error is its own affair, and may be anything: it is not passed on."""
        try:
            done = subprocess.run(  # nosec B603 # noqa: S603 - the operator's own program
                [*self._command, verb, subject],
                input=given,
                capture_output=True,
                timeout=KMS_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VaultClosed(
                f"{self.name} can't {verb} a key: {type(error).__name__}. Check TETEN_KMS_COMMAND."
            ) from None
        if done.returncode or not done.stdout:
            raise VaultClosed(
                f"{self.name} can't {verb} a key: exit code {done.returncode}. Run it by hand with "
                f"`{verb}` to see why, and check that it uses the key that this vault was sealed with."
            )
        return done.stdout


def master_of(settings: Settings) -> Master:
    """As the environment says; without a word of it a master key in a file, made at first use."""
    if settings.kms_command and settings.master_key:
        raise UnusableSetting("TETEN_KMS_COMMAND and TETEN_MASTER_KEY are both set: choose one.")
    if settings.kms_command:
        return KmsCommand(settings.kms_command)
    if settings.master_key:
        return MasterKey(_parsed(settings.master_key, "TETEN_MASTER_KEY"))
    return MasterKey(master_key(settings.master_key_file))


def master_key(file: Path) -> bytes:
    """The master key: 32 bytes in hex. Made at first use, readable by its owner alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _make_master_key(file)
        return _parsed(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise VaultClosed(f"The master key can't be read from {file}: {error}") from error


def _parsed(text: str, place: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError as error:
        raise VaultClosed(f"The master key can't be read from {place}: {error}") from error
    if len(key) != KEY_BYTES:
        raise VaultClosed(f"The master key in {place} must be {2 * KEY_BYTES} hexadecimal digits.")
    return key


def _make_master_key(file: Path) -> None:
    """It gets its name when it is whole. Of several who make one at once, the first one's stands."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as new:
            new.write(secrets.token_hex(KEY_BYTES))
            new.flush()
            os.fsync(new.fileno())
        with suppress(FileExistsError):
            os.link(fresh, file)
        sync_folder(file.parent)
    finally:
        fresh.unlink()


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)
