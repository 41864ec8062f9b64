"""Funding sources over HTTP: what is left of each, and who bears it."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.words import Command
from service.app import Teten
from tests.examples import (
    APPROVE_ALL,
    PAID_ON,
    assessing,
    establish,
    payment,
    receive,
    returned_payment,
)
from tests.examples_funding import (
    agree_cofinancing,
    agree_funding,
    decide_amendment,
    recommend,
)
from tests.scenario import DAY, noon

STATED_ON = PAID_ON + timedelta(days=1)
AMENDED_ON = PAID_ON + timedelta(days=7)
BACK_ON = PAID_ON + timedelta(days=14)
NOTHING = {"committed": "0.00", "paid": "0.00"}


def does(teten: Teten, *commands: Command) -> None:
    for number, command in enumerate(commands):
        teten.log.handle(command.model_copy(update={"id": f"c{number}"}))


@pytest.fixture
def client_of_partners(own: TestClient, teten: Teten) -> TestClient:
    does(
        teten,
        establish(),
        agree_cofinancing(),
        *assessing(),
        *APPROVE_ALL,
        *payment(received_on=STATED_ON),
        recommend(),
        decide_amendment(effective_on=AMENDED_ON),
        agree_funding(effective_on=AMENDED_ON, at=noon(AMENDED_ON)),
        receive(returned_payment(), statement="S-2", effective_on=BACK_ON),
    )
    return own


def funds(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/v1/funds", params=query)
    assert answer.status_code == 200
    return {each["fund"]: each for each in answer.json()}


def parts(client: TestClient, **query: Any) -> list[tuple[str, int, str, str]]:
    found = funds(client, **query)["AARHUS"]["partners"]
    return [(each["partner"], each["weight"], each["committed"], each["paid"]) for each in found]


def test_a_fund_tells_its_figures_and_its_partners_parts_on_any_day(
    client_of_partners: TestClient,
) -> None:
    told = funds(client_of_partners, as_of=STATED_ON)["AARHUS"]
    assert told == {
        "fund": "AARHUS",
        "name": "Aarhus Kommune",
        "agreed": "40000.00",
        "available": "20000.00",
        "committed": "15000.00",
        "paid": "5000.00",
        "partners": [
            {"partner": "BO", "weight": 2, "committed": "10000.00", "paid": "3333.33"},
            {"partner": "KOMMUNEN", "weight": 1, "committed": "5000.00", "paid": "1666.67"},
        ],
        "unshared": NOTHING,
    }
    assert parts(client_of_partners, as_of=PAID_ON) == [
        ("BO", 2, "13333.33", "0.00"),
        ("KOMMUNEN", 1, "6666.67", "0.00"),
    ]
    assert parts(client_of_partners, as_of=AMENDED_ON) == [
        ("BO", 1, "7500.00", "3333.33"),
        ("KOMMUNEN", 1, "7500.00", "1666.67"),
    ]
    assert parts(client_of_partners) == parts(client_of_partners, as_of=BACK_ON)
    assert parts(client_of_partners) == [
        ("BO", 1, "10000.00", "0.00"),
        ("KOMMUNEN", 1, "10000.00", "0.00"),
    ]


def test_a_fund_is_listed_from_the_day_on_which_it_was_agreed(
    client_of_partners: TestClient,
) -> None:
    assert funds(client_of_partners, as_of=DAY - timedelta(days=1)) == {}
    assert list(funds(client_of_partners, as_of=STATED_ON)) == ["AARHUS", "VELUX"]
    assert list(funds(client_of_partners)) == ["AARHUS", "REALDANIA", "VELUX"]


def test_a_fund_without_an_agreement_has_no_partners(client_of_partners: TestClient) -> None:
    alone = funds(client_of_partners)["VELUX"]
    assert alone["partners"] == []
    assert alone["unshared"] == {"committed": alone["committed"], "paid": alone["paid"]}


def test_what_only_a_legal_basis_names_is_not_listed(own: TestClient, teten: Teten) -> None:
    does(teten, establish(funding=()), *assessing())
    assert funds(own) == {}


def test_the_funds_are_those_of_the_report(client: TestClient) -> None:
    for query in ({}, {"as_of": "2017-05-31"}):
        reported = client.get("/v1/report", params=query).json()["funding"]
        told = funds(client, **query)
        assert set(told) == set(reported)
        for fund, figures in reported.items():
            for name in ("available", "committed", "paid"):
                assert told[fund][name] == figures[name]
            assert told[fund]["agreed"] == figures["amount"]


def test_which_programme_is_asked_for_is_known(client: TestClient) -> None:
    assert client.get("/v1/funds", params={"programme": "X"}).status_code == 404
