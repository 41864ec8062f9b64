"""The table says how far each role reaches."""

import pytest

from domain.permissions import Reach, widest
from domain.programme import Role


@pytest.mark.parametrize(
    ("roles", "reach"),
    [
        ({Role.CASEWORKER}, Reach.TEAM),
        ({Role.CASEWORKER, Role.AUDITOR}, Reach.ALL),
        ({Role.ADMINISTRATOR}, None),
        (set[Role](), None),
    ],
)
def test_who_has_several_roles_reaches_as_far_as_the_widest(
    roles: set[Role], reach: Reach | None
) -> None:
    assert widest("read_case", frozenset(roles)) == reach
