"""The command line."""

import signal
import sys
from logging import WARNING

import psycopg
import psycopg_pool
from eventsourcing.persistence import PersistenceError
from pydantic import ValidationError

import service.cli.access
import service.cli.backup
import service.cli.bench
import service.cli.bundle
import service.cli.data
import service.cli.evidence
import service.cli.export
import service.cli.flags
import service.cli.history
import service.cli.intake
import service.cli.lapse
import service.cli.misuse
import service.cli.operations
import service.cli.people
import service.cli.reminding
import service.cli.reports
import service.cli.sampling
import service.cli.webhooks
import service.cli.whatif
import service.cli.witness  # noqa: F401 - they register their commands
from service import logging
from service.access.clients import UnknownClient
from service.access.network import Unsafe
from service.answers import Busy, CommandIdReused, Unanswered
from service.backup.archive import BackupBroken
from service.backup.making import BackupRefused
from service.backup.programs import ProgramFailed
from service.backup.restoring import Disagrees, RestoreRefused
from service.bundle.reading import BundleBroken
from service.bundle.sample import NotInProgramme
from service.bundle.sealing import BadSealKey
from service.bundle.wanted import BundleRefused
from service.clerk import Malformed, UnknownCommand
from service.cli.terminal import app, complain
from service.documents.funder import NoPeriod, UnknownFund
from service.entries import UnknownEvent
from service.evidence.checkpoints import KeyLost
from service.evidence.notes import BadKey, BadNote
from service.evidence.outside.keys import NothingSigned
from service.evidence.proofs import NotSigned
from service.evidence.tiles import Rewritten
from service.evidence.tree import BadProof
from service.importing.reading import BrokenData, reasons
from service.known import NotKnown
from service.people.files import DiskFull, FileLost
from service.people.forgetting import CaseMoved
from service.people.keys import Forgotten
from service.people.keys_backup import KeysBroken
from service.people.sealing import VaultClosed
from service.pictures.workshop import WorkshopClosed
from service.postgres import DatabaseUnavailable
from service.rebuilding.beside import RebuildFailed, RebuildRunning
from service.recomputing import HledgerFailed, HledgerMissing
from service.reminding.letters import NoSuchLetter
from service.reminding.steps import NobodyToAsk
from service.report import UnknownProgramme
from service.rows import ProjectionsBehind
from service.settings import UnusableSetting
from service.webhooks.refusing import WebhookRefused

TOLD = (
    BadKey,
    BadNote,
    BadSealKey,
    BadProof,
    BackupBroken,
    BackupRefused,
    BrokenData,
    BundleBroken,
    BundleRefused,
    Busy,
    CaseMoved,
    CommandIdReused,
    DatabaseUnavailable,
    DiskFull,
    Disagrees,
    FileLost,
    Forgotten,
    HledgerFailed,
    HledgerMissing,
    KeyLost,
    KeysBroken,
    Malformed,
    NoPeriod,
    NoSuchLetter,
    NobodyToAsk,
    NotInProgramme,
    NotKnown,
    NothingSigned,
    NotSigned,
    ProgramFailed,
    ProjectionsBehind,
    RebuildFailed,
    RebuildRunning,
    RestoreRefused,
    Rewritten,
    Unanswered,
    UnknownClient,
    UnknownCommand,
    UnknownEvent,
    UnknownFund,
    UnknownProgramme,
    Unsafe,
    UnusableSetting,
    VaultClosed,
    WebhookRefused,
    WorkshopClosed,
)


def main() -> None:
    """Whatever goes wrong in a way that we know of is said in a sentence, and the exit code is 1."""
    logging.configure(WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except TOLD as error:
        complain(str(error))
    except ValidationError as error:
        complain("\n".join(f"{where}: {what}" for where, what in reasons(error)))
    except (psycopg.OperationalError, psycopg_pool.PoolTimeout) as error:
        told = str(error).partition("\n")[0]  # What follows may quote a row.
        complain(f"The database failed while we were at work: {type(error).__name__}: {told}")
    except (psycopg.Error, PersistenceError) as error:  # These may quote a row at once.
        kind = getattr(error, "sqlstate", None) or type(error.__cause__ or error).__name__
        complain(f"The database failed while we were at work: {type(error).__name__}: {kind}")
    except OSError as error:
        complain(f"A file can't be read or written: {error}")
    else:
        return
    sys.exit(1)
