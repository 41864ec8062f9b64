"""The providers that are set up, and what comes of a sign-in at each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.case import cases
from domain.case.enrolment import CaseRegistered
from domain.identity import CPR_LIKE
from domain.programme import Role
from service.access.claims import read_claims_map
from service.access.configuration import Registration
from service.access.oidc import Provider, SignInRefused
from service.access.principal import Kind, Means, Principal
from service.app import Teten
from service.settings import UnusableSetting


@dataclass(frozen=True)
class Way:
    """A provider, and whom its claims name."""

    provider: Provider
    principal: Callable[[dict[str, Any]], Principal]


def ways(teten: Teten) -> dict[str, Way]:
    """By name: `staff`, `citizens`; those that are set up. UnusableSetting."""
    found: dict[str, Way] = {}
    asked = teten.settings.sign_in
    if (asked.staff or asked.citizens) and not teten.settings.public_url:
        raise UnusableSetting(
            "A provider of sign-in needs TETEN_PUBLIC_URL: where it sends people back to."
        )
    if asked.staff:
        if not asked.claims:
            raise UnusableSetting(
                "TETEN_OIDC_ISSUER needs TETEN_OIDC_CLAIMS: a file that says what claims mean here."
            )
        found["staff"] = Way(_provider(asked.staff), read_claims_map(asked.claims).principal)
    if asked.citizens:
        claim = asked.cpr_claim
        found["citizens"] = Way(
            _provider(asked.citizens), lambda claims: citizen(teten, claims.get(claim))
        )
    return found


def _provider(registration: Registration) -> Provider:
    if not registration.client_id:
        raise UnusableSetting(
            f"The provider {registration.issuer} needs the id that it knows us by: "
            "TETEN_OIDC_CLIENT_ID, of citizens' TETEN_CITIZEN_OIDC_CLIENT_ID."
        )
    return Provider(registration)


def citizen(teten: Teten, cpr: object) -> Principal:
    """Whose CPR number it is, by the vault, with the case that is open. SignInRefused."""
    digits = cpr.replace("-", "") if isinstance(cpr, str) else ""
    if not CPR_LIKE.fullmatch(digits):
        raise SignInRefused("no CPR number")
    pseudonym = teten.vault.pseudonym(f"{digits[:6]}-{digits[6:]}")
    case_no = _open_case(teten, pseudonym) if pseudonym else None
    if not pseudonym or not case_no:
        raise SignInRefused("no case")
    return Principal(
        kind=Kind.CITIZEN,
        means=Means.OIDC,
        person=pseudonym,
        roles=frozenset({Role.CITIZEN}),
        case_no=case_no,
    )


def _open_case(teten: Teten, pseudonym: str) -> str | None:
    """The latest that isn't closed. By the log itself, which alone knows whose cases there are."""
    with teten.log.pool.connection() as connection:
        found = connection.execute(
            "SELECT convert_from(state, 'UTF8')::jsonb #>> '{event,case_no}' FROM log_events"
            " WHERE topic = %s AND convert_from(state, 'UTF8')::jsonb #>> '{event,citizen}' = %s"
            " ORDER BY notification_id DESC",
            (CaseRegistered.__name__, pseudonym),
        ).fetchall()
    for (case_no,) in found:
        if not teten.log.state(cases, case_no).stage.closed:
            return str(case_no)
    return None
