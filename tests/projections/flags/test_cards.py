from domain.money import kr
from tests.projections.flags.histories import History, cases_of, day


def test_cash_is_asked_about_when_it_comes_to_a_thousand_kroner() -> None:
    told = History().case("A-1", "course", route="card").case("A-2", "course", route="card")
    told.uses("A-1", "6011", kr(600), 3).uses("A-1", "6010", kr(400), 5).uses(
        "A-1", "6011", kr(9), 6
    )
    told.uses("A-2", "6011", kr(999), 3)
    (found,) = told.finds("card_cash")
    assert (found.case_no, found.line_no, found.amount, found.on) == (
        "A-1",
        None,
        kr(1_000),
        day(5),
    )
    assert found.sentence_da == (
        "Hævekortet er brugt 2 gange til kontanter: 1.000,00 kr. fra 07-03-2019 til 09-03-2019."
        " Ingen budgetpost er til det."
    )
    assert [each.event for each in found.evidence] == ["CardUsed", "CardUsed"]
    once = History().case("A-1", "course", route="card").uses("A-1", "6011", kr(1_000), 3)
    (found,) = once.finds("card_cash")
    assert "brugt 1 gang til kontanter" in found.sentence_da
    assert "used 1 time for" in found.sentence_en


def test_cafes_and_groceries_are_asked_about_but_a_baker_buys_flour() -> None:
    told = History()
    for case_no, category in (("A-1", "course"), ("A-2", "business"), ("A-3", "business")):
        told.case(case_no, category, route="card").pays(case_no, kr(5_000), 1)
        told.uses(case_no, "5411", kr(5_000), 3)
    told.uses("A-3", "5812", kr(1_500), 9)
    assert cases_of(told.finds("card_private_spending")) == ["A-1", "A-3"]


def test_a_bakers_flour_costs_no_more_than_was_paid_for_the_bakery() -> None:
    told = History().case("A-1", "business", "course", route="card")
    told.pays("A-1", kr(2_000), 1).pays("A-1", kr(8_000), 1, line_no=2)
    told.uses("A-1", "5411", kr(2_000), 3)
    assert not told.finds("card_private_spending")
    told.uses("A-1", "5411", kr(1_500), 8)
    (found,) = told.finds("card_private_spending")
    assert (found.amount, found.on) == (kr(1_500), day(8))


def test_a_childs_school_is_asked_about_unless_a_line_is_for_something_else() -> None:
    told = History().case("A-1", "course").case("A-2", "course", "other")
    told.pays("A-2", kr(6_000), 1, line_no=2)
    for case_no in ("A-1", "A-2"):
        told.uses(case_no, "8211", kr(6_000), 3)
    assert cases_of(told.finds("card_private_spending")) == ["A-1"]


def test_a_card_line_without_receipts_is_asked_about_only_where_the_card_was_used_privately() -> (
    None
):
    told = History()
    for case_no in ("A-1", "A-2", "A-3"):
        told.case(case_no, "course", route="card").pays(case_no, kr(5_000), 1)
        told.uses(case_no, "8299", kr(2_000), 3).uses(case_no, "5812", kr(3_000), 9)
    told.case("B-1", "course", route="card").pays("B-1", kr(5_000), 1)
    told.case("B-2", "course").pays("B-2", kr(5_000), 1).uses("B-2", "5812", kr(3_000), 9)
    told.receipt("A-2", kr(2_000), 20)
    told.receipt("A-3", kr(4_600), 20)  # What lacks, a declaration may stand for.
    found = told.finds("card_unaccounted")
    assert [(each.case_no, each.line_no, each.amount) for each in found] == [
        ("A-1", 1, kr(3_000)),
        ("A-2", 1, kr(3_000)),
    ]
    assert {each.on for each in found} == {day(63)}


def test_private_use_long_after_the_payment_is_seen_when_it_happens() -> None:
    told = History().case("A-1", "course", route="card").pays("A-1", kr(5_000), 1)
    told.uses("A-1", "5921", kr(2_000), 100)
    assert [each.on for each in told.finds("card_unaccounted")] == [day(100)]


def test_a_merchant_of_a_kind_that_only_other_lines_use_is_asked_about() -> None:
    told = History().case("A-1", "computer", route="card")
    for number in range(2, 5):
        told.case(f"A-{number}", "course", route="card", supplier="Kurser Nord")
        told.uses(f"A-{number}", "8299", kr(2_000), 2, "Kurser Nord")
    told.uses("A-1", "8299", kr(2_000), 3, "Kurser Syd")
    told.uses("A-1", "8299", kr(900), 3, "Kurser Syd").uses("A-1", "5812", kr(2_000), 3)
    (found,) = told.finds("card_merchant_fits_no_line")
    assert (found.case_no, found.amount, found.on) == ("A-1", kr(2_000), day(33))
    assert "3 andre forløb" in found.sentence_da
    told.receipt("A-1", kr(2_000), 20, "Kurser Syd")
    assert not told.finds("card_merchant_fits_no_line")
