"""Samples as auditors meet them: at the command line, over HTTP and on pages; drawn again; and found out when
the log behind them was changed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.money import Money, kr, total
from domain.sampling.evaluation import evaluated
from domain.sampling.population import Kind, Stratum
from domain.sampling.samples import FixPopulation, PopulationFixed
from domain.words import Draft, decide
from projections.balances import Dimension
from projections.population import population
from service.app import Teten
from service.clerk import Malformed
from service.sampling import redrawn
from service.web import words
from tests import examples_sampling as sample
from tests.conftest import PILOT, SHARED
from tests.service.conftest import served
from tests.service.test_page import page, table
from tests.shell import Shell

FIX = (
    *("--kind", "payments", "--from", "2019-01-01", "--to", "2019-12-31", "--as", "rev-1"),
    *("--materiality", "2000.00", "--stratum", "account:2:route=account"),
)


@pytest.fixture(scope="module")
def drawn(shell: Shell, teten_tt: Teten) -> dict[str, Any]:
    """The tiny data set's payments, fixed and drawn at the command line."""
    staff = {"id": "roles", "programme": "TT", "person": "rev-1", "roles": ["auditor"]}
    return staff
