"""The rules as people read them: each has a Danish name and says in Danish what it looks for."""

import pytest
from fastapi.testclient import TestClient

from projections.flags.rule import Rule
from service.web.rule_words import EVIDENCE, PARAMETERS, RULE_TEXTS
from tests.review.test_pages import client
from tests.service.test_page import page, text

__all__ = ["client"]


def test_every_rule_parameter_and_kind_of_evidence_is_told_in_danish(
    every_rule: dict[str, Rule],
) -> None:
    assert list(RULE_TEXTS) == list(every_rule)
    parameters = {name for rule in every_rule.values() for name in rule.parameters}
    looked_at = {each.partition(":")[0] for rule in every_rule.values() for each in rule.looks_at}
    assert set(PARAMETERS) == parameters
    assert set(EVIDENCE) == looked_at


@pytest.mark.parametrize("rule", RULE_TEXTS)
def test_the_list_can_be_asked_for_any_rule(client: TestClient, rule: str) -> None:
    found = page(client, f"/flags?status=all&rule={rule}")
    assert "Vælg »Alle«" in text(found.find(".//main"))
