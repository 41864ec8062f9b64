"""The schemes of the sources, as a programme's terms."""

from datetime import date
from typing import Any

from domain.money import kr
from domain.programme import Category, LegalBasis, Terms
from tests.data_sets import ACCOUNT
from tests.examples import RULES, TERMS


def scheme(
    name: str, start: str, end: str, bases: dict[str, str], categories: dict[str, str], **rules: Any
) -> Terms:
    """Its legal bases by the fund that pays under them, its categories by their names, and its rules."""
    return TERMS.model_copy(
        update={
            "name": name,
            "start": date.fromisoformat(start),
            "end": date.fromisoformat(end),
            "rules": RULES.model_copy(update=rules),
            "legal_bases": tuple(
                LegalBasis(id=basis, text=basis, covered_by_law=basis.startswith("L"), funding=fund)
                for basis, fund in bases.items()
            ),
            "categories": tuple(Category(id=id_, name=named) for id_, named in categories.items()),
            "bank_account": ACCOUNT,
        }
    )


def line(
    line_no: int, category: str, kroner: int, basis: str, fund: str, route: str = "account"
) -> dict[str, Any]:
    """What a citizen asks for in a line of the budget."""
    return {
        "line_no": line_no,
        "category": category,
        "amount": str(kr(kroner)),
        "includes_vat": True,
        "route": route,
        "legal_basis": basis,
        "funding": fund,
    }


def sources(*of: dict[str, Any]) -> dict[str, Any]:
    """Several sources for a line, in place of its one."""
    return {"sources": list(of)}
