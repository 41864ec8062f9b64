"""A provider of identities (OpenID Connect Core 1.0), found by its discovery document.

Authorization code with PKCE. Nothing that a token says is believed before its signature, its issuer,
its audience, its times and its nonce."""

import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import new as hashed
from hashlib import sha256
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, ValidationError

from service.access.configuration import Registration

# By a key pair: with a shared secret, whoever reads the public key could sign.
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY = 60  # Seconds by which our clock and the provider's may differ.
GOOD_FOR = 3600  # Seconds for which its documents are kept.
KEYS_AGAIN = 30  # Seconds before an unknown key makes us ask for the keys once more.
TIMEOUT = 10
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
B = TypeVar("B", bound=BaseModel)


class SignInRefused(Exception):
    """Not signed in, and why: a word for the log that quotes nothing of what was sent."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ProviderUnavailable(Exception):
    """The provider doesn't answer, or not as OpenID Connect has it."""


class Discovery(BaseModel):
    """OpenID Connect Discovery 1.0, section 3: what we use of it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False  # RFC 9207

    def addresses(self) -> list[str]:
        asked = (self.authorization_endpoint, self.token_endpoint, self.jwks_uri)
        return [*asked, *filter(None, [self.end_session_endpoint])]


class Tokens(BaseModel):
    id_token: str
    access_token: str = Field(default="", repr=False)


class Provider:
    """One provider and our registration with it."""

    def __init__(self, registration: Registration, clock: Callable[[], float] = time.time) -> None:
        self._registration, self._clock = registration, clock
        # A redirect is not followed: what the discovery document names is meant.
        self._http = httpx2.Client(timeout=TIMEOUT, follow_redirects=False)
        self._discovery: Discovery | None = None
        self._discovered_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0

    def _ask(self, method: str, address: str, **what: Any) -> httpx2.Response:
        try:
            return self._http.request(method, address, **what)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ProviderUnavailable(
                f"The provider doesn't answer: {type(error).__name__}."
            ) from error

    # Before -----------------------------------------------------------------------------------------

    def authorization(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent. ProviderUnavailable."""
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._registration.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._registration.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with(self._discover().authorization_endpoint, asked)

    def sign_out(self, return_to: str) -> str | None:
        """Where one signs out there, too (OpenID Connect RP-Initiated Logout 1.0). Without a hint of who
        it is: an address is no place for a token that names someone."""
        endpoint = self._discover().end_session_endpoint
        asked = {
            "client_id": self._registration.client_id,
            "post_logout_redirect_uri": return_to,
        }
        return _with(endpoint, asked) if endpoint else None

    # After ------------------------------------------------------------------------------------------

    def claims(
        self, *, code: str, issuer: str | None, redirect_uri: str, verifier: str, nonce: str
    ) -> dict[str, Any]:
        """What the provider says of who came back with the code. `issuer`: as the answer itself says
        (RFC 9207). SignInRefused, ProviderUnavailable."""
        discovery = self._discover()
        if issuer is None and discovery.authorization_response_iss_parameter_supported:
            raise SignInRefused("no issuer in the answer")
        if issuer not in (None, discovery.issuer):
            raise SignInRefused("answer of another issuer")
        tokens = self._exchange(code, redirect_uri, verifier)
        return self._verified(tokens, nonce)

    def _exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        ours, discovery = self._registration, self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if ours.client_secret is None:
            form["client_id"] = ours.client_id
        elif "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            pair = (
                f"{quote_plus(ours.client_id)}:{quote_plus(ours.client_secret)}"  # RFC 6749, 2.3.1
            )
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
        answer = self._ask("POST", discovery.token_endpoint, data=form, headers=headers)
        if answer.status_code in (400, 401, 403):
            raise SignInRefused("code refused by the provider")
        return _read(Tokens, answer)

    def _verified(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        """OpenID Connect Core 1.0, 3.1.3.7."""
        token = self._signed(tokens.id_token)
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self._registration.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._registration.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry.validate(token.claims)
        except JoseError as error:
            raise SignInRefused(f"token's {getattr(error, 'claim', error.error)}") from None
        claims, ours = token.claims, self._registration.client_id
        alone = claims["aud"] in (ours, [ours])
        if claims.get("azp", ours if alone else None) != ours:
            raise SignInRefused("token's azp")
        expected = _half(tokens.access_token, token.header["alg"])
        if claims.get("at_hash", expected) != expected:
            raise SignInRefused("token's at_hash")
        return claims

    def _signed(self, id_token: str) -> jwt.Token:
        allowed = set(self._discover().id_token_signing_alg_values_supported) & set(SIGNATURES)
        if not allowed:
            raise ProviderUnavailable("The provider signs with nothing that we accept.")
        # What a header says besides is ignored, as RFC 7515, section 4, has it; but not what is critical.
        registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
        try:
            try:
                return jwt.decode(id_token, self._key_set(), registry=registry)
            except InvalidKeyIdError:  # Signed by a key that is newer than what we know.
                return jwt.decode(id_token, self._key_set(KEYS_AGAIN), registry=registry)
        except (JoseError, ValueError) as error:
            raise SignInRefused(f"token's signature: {type(error).__name__}") from None

    # Its documents ----------------------------------------------------------------------------------

    def _discover(self) -> Discovery:
        if self._discovery and self._clock() < self._discovered_at + GOOD_FOR:
            return self._discovery
        issuer = self._registration.issuer
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        _check_transport(address)
        found = _read(Discovery, self._ask("GET", address))
        if found.issuer != issuer:
            raise ProviderUnavailable(
                f"The provider calls itself {found.issuer}, not {issuer}: set its issuer exactly so."
            )
        for each in found.addresses():
            _check_transport(each)
        self._discovery, self._discovered_at = found, self._clock()
        return found

    def _key_set(self, good_for: int = GOOD_FOR) -> KeySet:
        if self._keys and self._clock() < self._keys_at + good_for:
            return self._keys
        answer = self._ask("GET", self._discover().jwks_uri)
        try:
            self._keys, self._keys_at = KeySet.import_key_set(answer.json()), self._clock()
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderUnavailable("The provider's keys can't be read.") from error
        return self._keys


def _read(kind: type[B], answer: httpx2.Response) -> B:
    try:
        if answer.status_code == HTTPStatus.OK:
            return kind.model_validate_json(answer.content)
    except ValidationError:
        pass  # It would quote a token.
    raise ProviderUnavailable(f"The provider's {kind.__name__.lower()} can't be read.")


def _check_transport(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ProviderUnavailable(f"Only https is spoken with a provider, not {address}.")


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _half(access_token: str, algorithm: str) -> str:
    """`at_hash` (OpenID Connect Core 1.0, 3.1.3.6)."""
    digest = hashed(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
