"""Real servers on loopback: a witness, and an authority for time stamps around the openssl program."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import uvicorn

from service.evidence.notes import Signer
from service.evidence.outside.cosigning import WitnessKey
from service.witness.serving import KEY, LOGS, create_app, opened

OPENSSL = """
[ req ]
distinguished_name = name
[ name ]
[ stamping ]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ authority ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[ tsa ]
default_tsa = tsa_config
[ tsa_config ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_alg = sha256
"""


def taken_port() -> socket.socket:
    """A port of our own at which nobody listens yet: who asks there is turned away."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


def address(port: socket.socket) -> str:
    return f"http://127.0.0.1:{port.getsockname()[1]}"


def new_witness(folder: Path, *logs: Signer, name: str = "witness.example/aalborg") -> WitnessKey:
    """A witness's folder, and the key by which others know it."""
    signer = Signer.new(name)
    signer.write(folder / KEY)
    (folder / LOGS).write_text("".join(f"{each.vkey}\n" for each in logs), "utf-8")
    return WitnessKey(name, signer.verifier.public)


@contextmanager
def serving_witness(folder: Path, port: socket.socket | None = None) -> Iterator[str]:
    """Its address."""
    listening = port or taken_port()
    listening.listen(16)
    with opened(folder) as witness:
        server = uvicorn.Server(uvicorn.Config(create_app(witness), log_config=None))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield address(listening)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def saying(port: socket.socket, answer: bytes) -> Iterator[None]:
    """A server that says this to the first who asks, whatever it is asked."""
    port.listen(1)

    def once() -> None:
        asking, _ = port.accept()
        asking.settimeout(30)
        with asking, suppress(OSError):  # Who asks may hang up before the end.
            asking.recv(100_000)
            asking.sendall(answer)
            asking.shutdown(socket.SHUT_WR)
            while asking.recv(100_000):  # Whoever closes with a request half read resets the line.
                pass

    thread = Thread(target=once)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextmanager
def dripping(port: socket.socket, begins: bytes) -> Iterator[Event]:
    """A server that goes on answering for ever, a byte at a time. Set: who asked has hung up."""
    port.listen(1)
    hung_up, over = Event(), Event()

    def on_and_on() -> None:
        asking, _ = port.accept()
        with asking, suppress(OSError):
            asking.recv(100_000)
            asking.sendall(begins)
            while not over.wait(0.02):
                asking.sendall(b"x")
        if not over.is_set():
            hung_up.set()

    thread = Thread(target=on_and_on)
    thread.start()
    try:
        yield hung_up
    finally:
        over.set()
        thread.join()


def new_authority(folder: Path) -> Path:
    """An authority's keys and certificates. Its root's certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openssl.cnf").write_text(OPENSSL.format(folder=folder), "utf-8")
    (folder / "serial").write_text("01\n")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")
    config = ("-config", str(folder / "openssl.cnf"))
    ca, ca_key = str(folder / "ca.pem"), str(folder / "ca.key")
    tsa, tsa_key = str(folder / "tsa.pem"), str(folder / "tsa.key")
    _openssl(
        *(*new, *config, "-x509", "-extensions", "authority", "-subj", "/CN=Test root"),
        *("-keyout", ca_key, "-out", ca),
    )
    _openssl(
        *(*new, *config, "-x509", "-extensions", "stamping", "-subj", "/CN=Test stamps"),
        *("-CA", ca, "-CAkey", ca_key, "-keyout", tsa_key, "-out", tsa),
    )
    return folder / "ca.pem"


@contextmanager
def serving_authority(folder: Path, answers: str | None = None) -> Iterator[str]:
    """Its address. `answers`: always with that file, whatever it is asked."""

    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (folder / "asked.tsq").write_bytes(asked)
            if not answers:
                _openssl(
                    *("ts", "-reply", "-queryfile", str(folder / "asked.tsq")),
                    *("-config", str(folder / "openssl.cnf"), "-out", str(folder / "told.tsr")),
                )
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / (answers or "told.tsr")).read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Stamping) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def new_server_certificate(folder: Path) -> Path:
    """A certificate for localhost that vouches for itself, and its key beside it."""
    certificate, key = folder / "server.pem", folder / "server.key"
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    return certificate


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
