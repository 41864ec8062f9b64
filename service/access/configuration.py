"""Where people sign in, as the environment says."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True)
class Registration:
    """What a provider and we agreed on beforehand. Without a secret PKCE alone proves that it is us."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False, default=None)
    scopes: str = "openid"


@dataclass(frozen=True)
class SignInSettings:
    """`TETEN_OIDC_ISSUER`, `TETEN_OIDC_CLIENT_ID`, `TETEN_OIDC_CLIENT_SECRET_FILE` or
    `TETEN_OIDC_CLIENT_SECRET`, `TETEN_OIDC_SCOPES`: the provider of staff's identities.
    `TETEN_OIDC_CLAIMS`: a file of what its claims mean here. `TETEN_CITIZEN_OIDC_…`: the same of citizens',
    whose claim `TETEN_CITIZEN_OIDC_CPR_CLAIM` holds the CPR number. `TETEN_SESSION_MINUTES`: how long a
    session holds without a request, `TETEN_SESSION_HOURS` how long at all."""

    staff: Registration | None = None
    claims: Path | None = None
    citizens: Registration | None = None
    cpr_claim: str = "cpr"
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=10)

    @classmethod
    def read(cls, *, minutes: int, hours: int) -> "SignInSettings":
        """OSError: a file with a secret can't be read."""
        read = os.environ.get
        claims = read("TETEN_OIDC_CLAIMS")
        return cls(
            staff=_registration(
                read("TETEN_OIDC_ISSUER"),
                read("TETEN_OIDC_CLIENT_ID"),
                read("TETEN_OIDC_CLIENT_SECRET_FILE"),
                read("TETEN_OIDC_CLIENT_SECRET"),
                read("TETEN_OIDC_SCOPES"),
            ),
            claims=Path(claims).absolute() if claims else None,
            citizens=_registration(
                read("TETEN_CITIZEN_OIDC_ISSUER"),
                read("TETEN_CITIZEN_OIDC_CLIENT_ID"),
                read("TETEN_CITIZEN_OIDC_CLIENT_SECRET_FILE"),
                read("TETEN_CITIZEN_OIDC_CLIENT_SECRET"),
                read("TETEN_CITIZEN_OIDC_SCOPES"),
            ),
            cpr_claim=read("TETEN_CITIZEN_OIDC_CPR_CLAIM") or cls.cpr_claim,
            idle=timedelta(minutes=minutes),
            absolute=timedelta(hours=hours),
        )


def _registration(
    issuer: str | None,
    client_id: str | None,
    secret_file: str | None,
    secret: str | None,
    scopes: str | None,
) -> Registration | None:
    if not issuer:
        return None
    if secret_file:
        secret = Path(secret_file).read_text("utf-8").strip()
    return Registration(issuer, client_id or "", secret or None, scopes or Registration.scopes)
