"""The vault: names, numbers, accounts and free text, encrypted with a key of each person's own.

The log holds pseudonyms and references. Destroy a person's key, and nothing here or in the files can
be read again, while the log, its sums and its proofs stand.
"""

import hmac
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import Cursor
from psycopg_pool import ConnectionPool

KEY_BYTES = 32
NONCE_BYTES = 12


class VaultClosed(Exception):
    """The master key is missing, unreadable, or not the one that the vault was sealed with; or something
    in the vault is not what was put there."""


class Sealed(NamedTuple):
    """Words that are ready to be stored. The reference is bound to the words by the person's key."""

    ref: str
    subject: str
    sealed: bytes


class Vault:
    """Seals and opens. A subject is whoever a key belongs to: a citizen's pseudonym, a member of staff,
    a bank statement."""

    def __init__(self, pool: "ConnectionPool[psycopg.Connection[Any]]", master: bytes) -> None:
        self._pool = pool
        self._wrapping = AESGCM(_derived(master, b"teten wrapping key"))
        self._hashing = _derived(master, b"teten citizen look-up")
        self._keys: dict[str, bytes] = {}
        self._opened = False

    # People --------------------------------------------------------------------------------------

    def citizen(self, cpr: str, record: dict[str, str]) -> str:
        """The pseudonym of the person with this CPR number, given one at first sight.

        `record` (name, account and the like) is what is now known of the person.
        """
        cpr_hash = self._cpr_hash(cpr)
        with self._pool.connection() as connection, connection.transaction():
            self._open(connection)
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('people.citizens'))")
            found = connection.execute(
                "SELECT pseudonym FROM people.citizens WHERE cpr_hash = %s", (cpr_hash,)
            ).fetchone()
            pseudonym = found[0] if found else f"citizen-{secrets.token_hex(8)}"
            if not found:
                self._make_key(connection, pseudonym)
                connection.execute(
                    "INSERT INTO people.citizens VALUES (%s, %s)", (cpr_hash, pseudonym)
                )
            self._keep_record(connection, pseudonym, {"cpr": cpr, **record})
        return str(pseudonym)

    def pseudonym(self, cpr: str) -> str | None:
        """The pseudonym of the person with this CPR number, if there is one yet."""
        with self._pool.connection() as connection:
            self._open(connection)
            found = connection.execute(
                "SELECT pseudonym FROM people.citizens WHERE cpr_hash = %s", (self._cpr_hash(cpr),)
            ).fetchone()
        return found[0] if found else None

    def _cpr_hash(self, cpr: str) -> bytes:
        return hmac.digest(self._hashing, cpr.encode(), "sha256")

    def staff(self, person: str, record: dict[str, str]) -> None:
        """Remember a member of staff's name under their identifier."""
        with self._pool.connection() as connection, connection.transaction():
            self._make_key(connection, f"staff-{person}")
            self._keep_record(connection, f"staff-{person}", record)

    def record(self, subject: str) -> dict[str, str]:
        """What is known of a subject; empty if nothing is, or not any more."""
        found: dict[str, str] = json.loads(self.read(f"record-{subject}") or "{}")
        return found

    def _keep_record(
        self, connection: psycopg.Connection[Any], subject: str, record: dict[str, str]
    ) -> None:
        ref = f"record-{subject}"
        sealed = _encrypt(self._key(subject, connection), json.dumps(record).encode(), ref)
        connection.execute(
            "INSERT INTO people.words VALUES (%s, %s, %s)"
            " ON CONFLICT (ref) DO UPDATE SET sealed = excluded.sealed",
            (ref, subject, sealed),
        )

    # Words ---------------------------------------------------------------------------------------

    def seal(self, subject: str, words: str, context: str) -> Sealed:
        """Encrypt free text. The same words in the same context get the same reference, so that a retry
        is the same command; without the key a reference says nothing about the words."""
        key = self._key(subject)
        digest = hmac.digest(key, f"{context}\0{words}".encode(), "sha256")
        ref = f"words-{digest.hex()[:32]}"
        return Sealed(ref, subject, _encrypt(key, words.encode(), ref))

    def keep(self, curs: Cursor[Any], words: Sequence[Sealed]) -> None:
        """Store sealed words in the caller's transaction."""
        curs.executemany(
            "INSERT INTO people.words VALUES (%s, %s, %s) ON CONFLICT (ref) DO NOTHING", words
        )

    def read(self, ref: str | None) -> str | None:
        """The words behind a reference. `None`: there are none, or their key was destroyed."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT w.sealed, k.wrapped, k.subject FROM people.words w"
                " JOIN people.keys k USING (subject) WHERE ref = %s",
                (ref,),
            ).fetchone()
        if not found or ref is None:
            return None
        sealed, wrapped, subject = found
        key = self._unwrap(subject, wrapped)
        try:
            return _decrypt(key, sealed, ref).decode()
        except InvalidTag:
            raise VaultClosed(f"What the vault holds as {ref} was changed.") from None

    # Files ---------------------------------------------------------------------------------------

    def seal_file(self, subject: str, content: bytes, digest: str) -> bytes:
        return _encrypt(self._key(subject), content, digest)

    def open_file(self, subject: str, sealed: bytes, digest: str) -> bytes:
        """InvalidTag: it is not what was sealed, or the key was destroyed, whoever may still remember it."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT wrapped FROM people.keys WHERE subject = %s", (subject,)
            ).fetchone()
        if not found:
            raise InvalidTag
        return _decrypt(self._unwrap(subject, found[0]), sealed, digest)

    # Keys ----------------------------------------------------------------------------------------

    def _key(self, subject: str, connection: psycopg.Connection[Any] | None = None) -> bytes:
        if subject not in self._keys:
            if connection is None:
                with self._pool.connection() as fresh:
                    return self._key(subject, fresh)
            self._make_key(connection, subject)
            found = connection.execute(
                "SELECT wrapped FROM people.keys WHERE subject = %s", (subject,)
            ).fetchone()
            assert found
            self._keys[subject] = self._unwrap(subject, found[0])
        return self._keys[subject]

    def _make_key(self, connection: psycopg.Connection[Any], subject: str) -> None:
        self._open(connection)
        wrapped = _encrypt_with(self._wrapping, secrets.token_bytes(KEY_BYTES), subject)
        connection.execute(
            "INSERT INTO people.keys VALUES (%s, %s) ON CONFLICT (subject) DO NOTHING",
            (subject, wrapped),
        )

    def _open(self, connection: psycopg.Connection[Any]) -> None:
        """Guard, before anything is looked up or added: the master key opens what is here already."""
        if self._opened:
            return
        found = connection.execute("SELECT subject, wrapped FROM people.keys LIMIT 1").fetchone()
        if found:
            self._unwrap(*found)
        self._opened = True

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        try:
            return _decrypt_with(self._wrapping, wrapped, subject)
        except InvalidTag:
            raise VaultClosed(
                "The master key is not the one that this vault was sealed with. "
                "Put the right key at TETEN_MASTER_KEY_FILE (or master.key under TETEN_HOME)."
            ) from None


def master_key(file: Path) -> bytes:
    """The master key: 32 bytes in hex. Made at first use, readable by its owner alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            _make_master_key(file)
        key = bytes.fromhex(file.read_text().strip())
    except (OSError, ValueError) as error:
        raise VaultClosed(f"The master key can't be read from {file}: {error}") from error
    if len(key) != KEY_BYTES:
        raise VaultClosed(f"The master key in {file} must be {2 * KEY_BYTES} hexadecimal digits.")
    return key


def master_key_fingerprint(master: bytes) -> str:
    """By which a master key is known again. It says nothing of the key."""
    return _derived(master, b"teten master key fingerprint").hex()[:32]


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


def sync_folder(folder: Path) -> None:
    """So that the names in it outlast a crash, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)


def _encrypt(key: bytes, plain: bytes, bound_to: str) -> bytes:
    return _encrypt_with(AESGCM(key), plain, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    return _decrypt_with(AESGCM(key), sealed, bound_to)


def _encrypt_with(cipher: AESGCM, plain: bytes, bound_to: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def _decrypt_with(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    sealed = bytes(sealed)
    if len(sealed) < NONCE_BYTES:
        raise InvalidTag
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())
