"""Providers to sign in at, over HTTP: one that is made for tests and takes anybody, and one of our own
that signs whatever it is told to, and holds who comes to PKCE."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "teten", "s3cret:&%"
ALGORITHMS = ["RS256", "HS256", "none"]
Claims = dict[str, Any]


@dataclass
class OwnProvider:
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    published: list[RSAKey] = field(default_factory=list)
    claims: Claims = field(default_factory=dict)  # Of whoever signs in next.
    sign: Callable[["OwnProvider", Claims], str] = lambda self, claims: self.signed(claims)
    access_token: str = "an access token"
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # By the code that was given.
    keys_told: int = 0

    def signed(self, claims: Claims, alg: str = "RS256", key: Any = None, **header: Any) -> str:
        told = {"alg": alg, "kid": self.key.kid, **header}
        return jwt.encode(told, claims, key or self.key, algorithms=ALGORITHMS)

    def discovery(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end?tenant=1",
            "id_token_signing_alg_values_supported": ALGORITHMS,
            "authorization_response_iss_parameter_supported": True,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], basic: str) -> tuple[int, Claims]:
        asked = self.asked.pop(form["code"], None)
        if asked is None or not basic.startswith("Basic "):
            return 400, {"error": "invalid_grant"}
        challenge = sha256(form.get("code_verifier", "").encode()).digest()
        if urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        standard = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "account-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        token = self.sign(self, standard | self.claims)
        return 200, {"access_token": self.access_token, "token_type": "Bearer", "id_token": token}


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def unsigned(provider: OwnProvider, claims: Claims) -> str:
    return jws.serialize_compact({"alg": "none"}, json.dumps(claims), None, ALGORITHMS)


@contextmanager
def own_provider() -> Iterator[OwnProvider]:
    provider = OwnProvider()
    provider.published = [provider.key]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._tell(200, provider.discovery())
                case "/keys":
                    provider.keys_told += 1
                    self._tell(200, dict(KeySet(list(provider.published)).as_dict()))
                case "/authorize":
                    self.send_response(303)
                    self.send_header("Location", provider.authorize(dict(parse_qsl(parts.query))))
                    self.end_headers()
                case _:
                    self._tell(404, {})

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            basic = self.headers.get("Authorization", "")
            self._tell(*provider.token(dict(parse_qsl(form)), basic))

        def _tell(self, status: int, told: Claims) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
