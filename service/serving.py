"""The service as one process: web server and follower, up and down together."""

import gc
import signal
import socket

import structlog
import uvicorn
from starlette.types import ASGIApp

from service import logging
from service.access.headers import KnownHosts
from service.access.limits import RequestLimits
from service.access.network import is_demo
from service.api import create_app
from service.app import opened
from service.beside import Beside
from service.evidence.keeping import Keeper
from service.evidence.outside.delivery import Courier
from service.flags.raiser import Raiser
from service.followers import Follower
from service.intake.worker import Worker
from service.reminding.postman import Postman
from service.settings import Settings
from service.webhooks.deliverer import Deliverer

logger = structlog.get_logger()


def collect_garbage_seldom() -> None:
    """Decisions and folds make many objects, few that live and no cycles: to look for cycles as often as
    Python does is a tenth of the work."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def run(settings: Settings, listening: socket.socket) -> bool:
    """Serve until told to stop. False: the follower ended by a defect, and the figures would stand still."""
    logging.configure()
    demo = is_demo(
        settings, listening.getsockname()[0], provider=settings.sign_in.staff is not None
    )
    collect_garbage_seldom()
    # The web server passes a signal on when it has shut down; the database must be shut down, too.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with opened(settings, owner=True) as teten:
        if finished := teten.forgetting.finish():
            logger.info("finished what was forgotten", citizens=len(finished))
        follower = Follower(teten.url, teten.rows, died=lambda: _stop(server))
        beside: list[Beside] = [
            Keeper(teten.log, teten.checkpoints),
            Courier(teten.log, teten.outside),
            Deliverer(teten.log, teten.webhooks),
            Worker(teten),
            Postman(teten.log, teten.reminders, teten.letters),
            Raiser(teten),
        ]
        limits = RequestLimits(settings.requests_per_minute, settings.unsigned_requests_per_minute)
        web = create_app(teten, follower, beside, demo=demo, limits=limits)
        server = uvicorn.Server(as_served(web, settings))
        follower.start()
        for part in beside:
            part.start()
        host, port = listening.getsockname()[:2]
        logger.info(
            "serving", url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        )
        if demo:
            logger.warning("a demo: whoever uses this machine chooses a role, without a password")
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass
        finally:
            for part in beside:
                part.ask_to_stop()
            for part in beside:
                part.stop()
            follower.stop()
            logger.info("stopped")
    return follower.error is None


def as_served(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Under the service's own names alone. For whom a proxy asks, and whether by TLS, only those that are
    known may say."""
    proxies = [str(network) for network in settings.trusted_proxies]
    return uvicorn.Config(
        KnownHosts(app, settings.public_url),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True
