"""What the claims of a provider mean here: which person it is, and which roles and teams come with it."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from domain.identity import Key
from domain.programme import Role
from service.access.oidc import SignInRefused
from service.access.principal import Kind, Means, Principal
from service.settings import UnusableSetting

# A claim by its name, or by the names on the way to it: ["realm_access", "roles"].
Claim = Annotated[str | list[str], Field(min_length=1)]
STAFF = {Role.CASEWORKER, Role.CONTROLLER, Role.AUDITOR, Role.ADMINISTRATOR}
KEY: TypeAdapter[str] = TypeAdapter(Key)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonClaim(Part):
    """Whose account it is. `accounts`: each account's person, and nobody else; without it the claim's
    value is the person's key itself."""

    claim: Claim = "sub"
    accounts: dict[str, Key] | None = None


class RolesClaim(Part):
    claim: Claim
    groups: dict[str, tuple[Role, ...]]


class TeamsClaim(Part):
    """`groups`: what each group's team is called here; without it the claim's values are the names."""

    claim: Claim
    groups: dict[str, str] | None = None


class ClaimsMap(Part):
    person: PersonClaim = PersonClaim()
    roles: RolesClaim
    teams: TeamsClaim | None = None

    def principal(self, claims: dict[str, Any]) -> Principal:
        """Who signed in. SignInRefused: no person of ours, or no role."""
        roles = frozenset(
            role
            for group in _texts(claims, self.roles.claim)
            for role in self.roles.groups.get(group, ())
        )
        person = self._person(claims)
        if not roles:
            raise SignInRefused("no role")
        return Principal(
            kind=Kind.STAFF,
            means=Means.OIDC,
            person=person,
            roles=roles,
            teams=self._teams(claims),
        )

    def _person(self, claims: dict[str, Any]) -> str:
        named = _texts(claims, self.person.claim)
        if len(named) != 1:
            raise SignInRefused("no person")
        if self.person.accounts is None:
            try:
                return KEY.validate_python(named[0])
            except ValidationError:
                raise SignInRefused("no person") from None
        if named[0] not in self.person.accounts:
            raise SignInRefused("no person")
        return self.person.accounts[named[0]]

    def _teams(self, claims: dict[str, Any]) -> frozenset[str] | None:
        if self.teams is None:
            return None
        named = _texts(claims, self.teams.claim)
        known = self.teams.groups
        return frozenset(
            named if known is None else (known[each] for each in named if each in known)
        )


def _texts(claims: dict[str, Any], claim: str | list[str]) -> list[str]:
    found: Any = claims
    for name in [claim] if isinstance(claim, str) else claim:
        found = found.get(name) if isinstance(found, dict) else None
    return [
        each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str)
    ]


def read_claims_map(file: Path) -> ClaimsMap:
    """UnusableSetting: it can't be read, or says what can't be."""
    try:
        found = ClaimsMap.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        )
        raise UnusableSetting(f"TETEN_OIDC_CLAIMS: {file}: {wrong}") from None
    except (OSError, ValueError) as error:
        raise UnusableSetting(f"TETEN_OIDC_CLAIMS: {file}: {error}") from error
    if others := {role for roles in found.roles.groups.values() for role in roles} - STAFF:
        raise UnusableSetting(
            f"TETEN_OIDC_CLAIMS: {file}: no group of staff is {', '.join(sorted(others))}."
        )
    return found
