"""The witness over HTTP: one address that takes checkpoints."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from service.evidence.notes import BadKey, Signer
from service.evidence.outside.cosigning import Cosigner
from service.witness.answering import Witness, read_logs
from service.witness.memory import Memory

ASKED_MAX = 64 * 1024  # Bytes.
KEY, LOGS, MEMORY = "witness.key", "logs.txt", "witness.sqlite"

logger = structlog.get_logger()


@contextmanager
def opened(folder: Path) -> Iterator[Witness]:
    """The witness whose folder it is. BadKey, OSError."""
    cosigner = Cosigner(Signer.read(folder / KEY))
    read_logs(folder / LOGS)
    memory = Memory(folder / MEMORY)
    try:
        yield Witness(cosigner, memory, folder / LOGS)
    finally:
        memory.close()


def create_app(witness: Witness) -> FastAPI:
    app = FastAPI(title="Teten witness", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > ASKED_MAX:
                return Response("too long\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            answer = await run_in_threadpool(witness.answer, body, datetime.now(UTC))
        except (BadKey, OSError) as error:
            # nosemgrep: logged-text - a line of a list of keys, and a witness knows nobody
            logger.error("the list of logs can't be read", error=str(error))  # noqa: TRY400
            return Response("the witness is out of order\n", HTTPStatus.INTERNAL_SERVER_ERROR)
        logger.info("asked", status=int(answer.status))
        return Response(answer.body, answer.status, {"Content-Type": answer.media_type})

    return app


def run(folder: Path, listening: socket.socket) -> None:
    """Serve until told to stop. BadKey, OSError."""
    # The web server passes a signal on when it has shut down; the memory must be shut, too.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with opened(folder) as witness:
        host, port = listening.getsockname()[:2]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        logger.info("serving", url=f"http://{address}")
        config = uvicorn.Config(create_app(witness), log_config=None, access_log=False)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
