"""Who is asking: a person, with what their sign-in says of them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from domain.programme import Role


class Kind(StrEnum):
    STAFF = "staff"
    CLIENT = "client"  # Another system, for a person that it is entered as.
    CITIZEN = "citizen"


class Means(StrEnum):
    """How they came in."""

    DEMO = "demo"
    OIDC = "oidc"
    CLIENT = "client"
    LINK = "link"


class Principal(BaseModel):
    """`person` is who acts in the log: a member of staff's key, whatever account was used, or a citizen's
    pseudonym. `roles` is what the sign-in grants; what holds is what the programme's history grants, too.
    `teams`: by the sign-in; `None`: as the programme's history says. `case_no`: a citizen's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    means: Means
    person: str
    roles: frozenset[Role]
    teams: frozenset[str] | None = None
    case_no: str | None = None
