"""The vault: names, numbers, accounts and free text, encrypted with a key of each person's own.

The log holds pseudonyms and references. Destroy a person's key, and nothing here or in the files can
be read again, while the log, its sums and its proofs stand.
"""

import hmac
import json
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from psycopg import Cursor

from service.people.keys import Keys, Pool
from service.people.sealing import VaultClosed, decrypt, encrypt, encrypt_into

# Under a reference to words there is never anything but those words: a record is what may change.
KEEP = """
INSERT INTO people.words VALUES (%s, %s, %s)
ON CONFLICT (ref) DO UPDATE SET sealed = excluded.sealed
"""


class Sealed(NamedTuple):
    """Words that are ready to be stored. The reference is bound to the words by the person's key."""

    ref: str
    subject: str
    sealed: bytes


class Vault:
    """Seals and opens. A subject is whoever a key belongs to: a citizen's pseudonym, a member of staff,
    a bank statement. What is sealed is in the log's database; the keys may be elsewhere."""

    def __init__(self, pool: Pool, keys: Keys) -> None:
        self._pool, self._keys = pool, keys
        self._keys_are_here = False

    # People --------------------------------------------------------------------------------------

    def citizen(self, cpr: str, record: dict[str, str]) -> str:
        """The pseudonym of the person with this CPR number, given one at first sight.

        `record` (name, account and the like) is what is now known of the person.
        """
        self._refuse_without_keys()
        pseudonym = self._keys.citizen(cpr)
        self.add(pseudonym, {"cpr": cpr, **record})
        return pseudonym

    def pseudonym(self, cpr: str) -> str | None:
        """The pseudonym of the person with this CPR number, if there is one yet."""
        return self._keys.pseudonym(cpr)

    def account(self, citizen: str, account: str) -> str:
        """By which mark the log knows the account. Forgotten."""
        self._refuse_without_keys()
        return self._keys.account(citizen, account)

    def staff(self, person: str, record: dict[str, str]) -> None:
        """Remember a member of staff's name under their identifier."""
        self.add(f"staff-{person}", record)

    def record(self, subject: str) -> dict[str, str]:
        """What is known of a subject; empty if nothing is, or not any more."""
        found: dict[str, str] = json.loads(self.read(f"record-{subject}") or "{}")
        return found

    def add(self, subject: str, record: dict[str, str]) -> None:
        """Remember this of a subject, beside what is known already and in place of what it says again."""
        self._keep_record(subject, self.record(subject) | record)

    def _keep_record(self, subject: str, record: dict[str, str]) -> None:
        with self._pool.connection() as connection:
            connection.execute(KEEP, self._sealed_record(subject, record))

    def with_account(self, subject: str, account: str) -> Sealed:
        """What is known of a subject, and that they are now paid to this account. Ready to be stored."""
        return self._sealed_record(subject, self.record(subject) | {"account": account})

    def _sealed_record(self, subject: str, record: dict[str, str]) -> Sealed:
        ref = f"record-{subject}"
        return Sealed(ref, subject, encrypt(self._key(subject), json.dumps(record).encode(), ref))

    # Words ---------------------------------------------------------------------------------------

    def seal(self, subject: str, words: str, context: str) -> Sealed:
        """Encrypt free text. The same words in the same context get the same reference, so that a retry
        is the same command; without the key a reference says nothing about the words."""
        key = self._key(subject)
        digest = hmac.digest(key, f"{context}\0{words}".encode(), "sha256")
        ref = f"words-{digest.hex()[:32]}"
        return Sealed(ref, subject, encrypt(key, words.encode(), ref))

    def keep(self, curs: Cursor[Any], words: Sequence[Sealed]) -> None:
        """Store sealed words, or a record in place of the one before, in the caller's transaction."""
        curs.executemany(KEEP, words)

    def read(self, ref: str | None) -> str | None:
        """The words behind a reference. `None`: there are none, or their key was destroyed."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "SELECT sealed, subject FROM people.words WHERE ref = %s", (ref,)
            ).fetchone()
        if not found or ref is None:
            return None
        sealed, subject = found
        key = self._keys.find(subject)
        try:
            return None if key is None else decrypt(key, sealed, ref).decode()
        except InvalidTag:
            raise VaultClosed(f"What the vault holds as {ref} was changed.") from None

    # Files ---------------------------------------------------------------------------------------

    def seal_file(self, subject: str, content: bytes, digest: str) -> bytes:
        return encrypt(self._key(subject), content, digest)

    def seal_file_into(self, file: BinaryIO, subject: str, content: bytes, digest: str) -> None:
        """As `seal_file`, a piece at a time. OSError."""
        encrypt_into(file, self._key(subject), content, digest)

    def open_file(self, subject: str, sealed: bytes, digest: str) -> bytes:
        """InvalidTag: it is not what was sealed, or the key was destroyed, whoever may still remember it."""
        key = self._keys.find(subject)
        if key is None:
            raise InvalidTag
        return decrypt(key, sealed, digest)

    # Keys ----------------------------------------------------------------------------------------

    def keys_wanted(self) -> bool:
        """Whether something is sealed here, and no key at all: the log was restored, and its keys weren't."""
        if self._keys.check():
            return False
        with self._pool.connection() as connection:
            return connection.execute("SELECT FROM people.words LIMIT 1").fetchone() is not None

    def _key(self, subject: str) -> bytes:
        self._refuse_without_keys()
        return self._keys.of(subject)

    def _refuse_without_keys(self) -> None:
        """Guard: nobody gets a new key in place of one that is in a backup."""
        if self._keys_are_here:
            return
        if self.keys_wanted():
            raise VaultClosed(
                "The keys of the vault are not here: run `teten people restore` with their backup, or "
                "set TETEN_VAULT_URL to where they are."
            )
        self._keys_are_here = True
