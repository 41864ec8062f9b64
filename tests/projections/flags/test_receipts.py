import pytest

from domain.money import Money, kr
from tests.projections.flags.histories import History, cases_of, day, says


def test_a_cafe_on_a_line_for_courses_is_asked_about_unless_somebody_wrote_why() -> None:
    told = History().case("A-1", "course").case("A-2", "course")
    told.case("A-3", "business", route="card")
    told.receipt("A-1", kr(800), 5, "Café Midt")
    told.receipt("A-1", kr(900), 6, "Kurser Nord")
    told.receipt("A-2", kr(800), 5, "Café Midt", note=True)
    told.receipt("A-3", kr(800), 5, "Købmanden Syd")
    (found,) = told.finds("merchant_private")
    assert (found.case_no, found.line_no, found.amount) == ("A-1", 1, kr(800))
    assert found.sentence_da == (
        "Kvitteringen på 800,00 kr. er fra Café Midt (café, restaurant eller bar), men budgetposten er til"
        " Kurser, og ingen har skrevet hvorfor."
    )


def test_a_bakers_groceries_on_an_account_are_asked_about_until_somebody_writes_why() -> None:
    told = History().case("A-1", "business").case("A-2", "business")
    told.receipt("A-1", kr(800), 5, "Købmanden Syd")
    told.receipt("A-2", kr(800), 5, "Købmanden Syd", note=True)
    assert cases_of(told.finds("merchant_private")) == ["A-1"]


def test_the_code_of_the_card_tells_the_trade_of_a_merchant_whose_name_does_not() -> None:
    told = History()
    for case_no in ("A-1", "A-2"):
        told.case(case_no, "course", route="card").receipt(case_no, kr(800), 5, "Hos Holm")
    told.uses("A-1", "5812", kr(800), 3, "HOS HOLM").uses("A-2", "5812", kr(800), 6, "Hos Holm")
    assert cases_of(told.finds("merchant_private")) == ["A-1"]  # Of the other it wasn't known yet.


def test_a_kindergarten_may_be_what_a_line_for_something_else_is_for() -> None:
    told = History().case("A-1", "course").case("A-2", "other")
    for case_no in ("A-1", "A-2"):
        told.receipt(case_no, kr(800), 5, "Børnehaven Bakken")
    assert cases_of(told.finds("merchant_private")) == ["A-1"]


def test_the_lines_own_supplier_is_never_odd() -> None:
    told = History().case("A-1", "course", supplier="Kaffebaren")
    told.receipt("A-1", kr(800), 5, "kaffebaren")
    assert not told.finds("merchant_private")
    assert not told.finds("merchant_nobody_knows", cases=0)


def test_a_merchant_that_others_use_for_something_else_is_asked_about() -> None:
    told = History().case("A-1", "course").case("A-2", "other").case("A-3", "course")
    for number in range(5):
        told.case(f"B-{number}", "computer").receipt(f"B-{number}", kr(500), 4, "Data Vest A/S")
    told.receipt("A-1", kr(700), 5, "DATA VEST")
    told.receipt("A-2", kr(700), 5, "Data Vest")
    told.receipt("A-3", kr(700), 5, "Data Vest", note=True)
    found = told.finds("merchant_of_other_lines")
    assert cases_of(found) == ["A-1"]
    assert "6 andre forløb" in found[0].sentence_da
    assert not told.finds("merchant_of_other_lines", cases=7)


@pytest.mark.parametrize(("fifth", "asked"), [(95, ["A-1"]), (96, [])])
def test_those_who_come_to_know_a_merchant_within_three_months_count(
    fifth: int, asked: list[str]
) -> None:
    told = History().case("A-1", "course").case("A-2", "business", route="card")
    for case_no in ("A-1", "A-2"):  # What is bought by card counts, too, and isn't asked about.
        told.receipt(case_no, kr(700), 5, "Data Vest")
    for number, on in enumerate((1, 2, 3, fifth)):
        told.case(f"B-{number}", "computer").receipt(f"B-{number}", kr(500), on, "Data Vest")
    found = told.finds("merchant_of_other_lines")
    assert cases_of(found) == asked
    assert all(each.on == day(fifth) for each in found)


def test_a_merchant_that_nobody_else_ever_used_is_asked_about_after_three_months() -> None:
    told = History().case("A-1", "course").case("A-2", "business").case("A-3", "course")
    for number in range(5):
        told.case(f"B-{number}", "course").receipt(f"B-{number}", kr(500), 4)
        told.case(f"C-{number}", "business").receipt(f"C-{number}", kr(500), 4, "Inventar Øst")
    told.receipt("A-1", kr(700), 5, "Det Ukendte")
    told.receipt("A-2", kr(700), 5, "Købmand Ukendt")
    told.receipt("A-3", kr(700), 5, "Ny Skole")
    told.case("D-1", "course").receipt("D-1", kr(1), 90, "Ny Skole")
    told.case("D-2", "course", route="card").receipt("D-2", kr(1), 5, "Et Andet")
    found = told.finds("merchant_nobody_knows")
    assert [(each.case_no, each.on) for each in found] == [("A-1", day(95)), ("A-2", day(95))]
    assert "Of 8 other cases that told where they buy Kurser, 0 used it" in found[0].sentence_en


def test_a_merchant_is_asked_about_once_four_others_told_where_they_buy() -> None:
    told = History().case("A-1", "course").receipt_of("A-1", "Det Ukendte", 5)
    for number, on in enumerate((1, 2, 3, 300)):
        told.case(f"B-{number}", "course").receipt_of(f"B-{number}", "Kurser Nord", on)
    (found,) = told.finds("merchant_nobody_knows")
    assert (found.case_no, found.on) == ("A-1", day(300))
    assert not told.finds("merchant_nobody_knows", cases=5)


def test_a_merchant_of_other_lines_or_of_one_in_ten_is_no_better_known() -> None:
    told = History().case("A-1", "course").receipt_of("A-1", "Data Vest", 5)
    told.case("C-1", "computer").receipt_of("C-1", "Data Vest", 1)
    told.case("C-2", "course").receipt_of("C-2", "Data Vest", 2)
    for number in range(8):
        told.case(f"B-{number}", "course").receipt_of(f"B-{number}", "Kurser Nord", 3)
    assert not told.finds("merchant_nobody_knows")  # One of nine others used it, too.
    told.case("B-8", "course").receipt_of("B-8", "Kurser Nord", 3)
    assert cases_of(told.finds("merchant_nobody_knows")) == ["C-2", "A-1"]


@pytest.mark.parametrize(("shops", "asked"), [(1, ["A-1"]), (3, []), (5, [])])
def test_where_no_category_covers_it_a_shop_of_ones_own_says_nothing(
    shops: int, asked: list[str]
) -> None:
    told = History().case("A-1", "other")
    told.receipt("A-1", kr(700), 5, "Det Ukendte")
    for number in range(5):
        case_no, shop = f"B-{number}", f"Friluft {min(number, shops - 1)}"
        told.case(case_no, "other").receipt(case_no, kr(500), 4, shop)
    assert cases_of(told.finds("merchant_nobody_knows")) == asked


def test_a_rejected_receipt_is_asked_about_unless_another_came_in_its_place() -> None:
    told = History()
    for case_no in ("A-1", "A-2", "A-3"):
        told.case(case_no, "course").pays(case_no, kr(5_000), 1)
        told.rejects(case_no, told.receipt(case_no, kr(900), 10), 20)
    told.receipt("A-2", kr(900), 30, bought=8, note=True)
    told.receipt("A-3", kr(5_000), 30, bought=29)
    told.outlay("A-1", kr(100), 12, "Kurser Nord")
    (found,) = told.finds("rejected_not_replaced")
    assert (found.case_no, found.amount, found.on) == ("A-1", kr(900), day(65))
    assert [each.event for each in found.evidence] == ["ReceiptHandedIn", "ReceiptRejected"]


def test_a_purchase_before_the_money_was_released_is_asked_about() -> None:
    told = History().case("A-1", "course").pays("A-1", kr(5_000), 10)
    told.receipt("A-1", kr(500), 15, bought=9)
    told.receipt("A-1", kr(500), 16, bought=10)
    told.receipt(
        "A-1", kr(500), 5, bought=4
    )  # Handed in before any money: nothing to compare with.
    (found,) = told.finds("dated_before_payment")
    assert (found.on, found.amount) == (day(15), kr(500))


@pytest.mark.parametrize(
    ("first", "found_on"),
    # Until a declaration could stand for the rest of the first tranche, that could have paid for it.
    [(kr(4_500), [50]), (kr(4_499), [])],
)
def test_a_purchase_between_two_tranches_is_asked_about_when_the_first_was_used_up(
    first: Money, found_on: list[int]
) -> None:
    told = History().case("A-1", "course").pays("A-1", kr(5_000), 1).pays("A-1", kr(5_000), 40)
    told.receipt("A-1", first, 10, bought=5)
    told.rejects("A-1", told.receipt("A-1", kr(900), 11, bought=6), 12)
    told.receipt("A-1", kr(3_000), 50, bought=30)
    told.receipt("A-1", kr(2_000), 50, bought=45)
    found = told.finds("dated_before_payment")
    assert [(each.on, each.amount) for each in found] == [(day(on), kr(3_000)) for on in found_on]


def test_a_purchase_for_more_than_was_paid_is_the_citizens_own_affair() -> None:
    told = History().case("A-1", "course").pays("A-1", kr(5_000), 1)
    told.receipt("A-1", kr(5_000), 10)
    told.receipt("A-1", kr(400), 12)
    assert not told.finds("dated_before_payment")


def test_a_purchase_after_the_end_is_asked_about() -> None:
    told = History().case("A-1", "course").ends("A-1", 20).case("A-2", "course")
    told.receipt("A-1", kr(500), 30, bought=20)
    told.receipt("A-1", kr(600), 30, bought=21)
    told.receipt("A-2", kr(600), 30, bought=21)
    assert [each.amount for each in told.finds("dated_after_end")] == [kr(600)]


@pytest.mark.parametrize(
    ("said", "asked"),
    [(kr(1_250), True), (kr(1_920), False), (kr(2_000), False), (kr(1_919), False)],
)
def test_a_total_below_the_claim_is_asked_about(said: Money, asked: bool) -> None:  # noqa: FBT001
    told = History().case("A-1", "course")
    told.receipt("A-1", kr(1_920), 5, says=says(said))
    found = told.finds("total_below_claim")
    assert bool(found) == asked
    if found:
        assert found[0].amount == kr(670)
        assert (
            found[0].sentence_da
            == "Kvitteringens total er 1.250,00 kr., men der er søgt 1.920,00 kr."
        )
        assert (
            found[0].sentence_en
            == "The receipt's total is DKK 1,250.00, but DKK 1,920.00 was claimed."
        )
        assert [each.event for each in found[0].evidence] == ["ReceiptHandedIn", "ReceiptRead"]


def test_nothing_is_asked_about_figures_that_no_two_readers_agree_on() -> None:
    told = History().case("A-1", "course")
    unsure = ("total", "cvr", "vat")
    told.receipt("A-1", kr(999), 5, says=says(kr(100), *unsure, cvr="12345678", vat=kr(50)))
    told.receipt("A-1", kr(999), 6, says=says())
    for rule in ("total_below_claim", "cvr_invalid", "vat_not_a_fifth"):
        assert not told.finds(rule)


def test_one_receipt_over_two_lines_is_compared_with_all_of_it() -> None:
    told = History().case("A-1", "course", "computer")
    ref = told.receipt("A-1", kr(300), 5, whole=kr(1_000))
    told.receipt("A-1", kr(700), 5, whole=kr(1_000), line_no=2, ref=ref)
    told.reads("A-1", ref, 5, says(kr(1_000), time="12:00", number="1234", on=day(3)))
    assert not told.finds("total_below_claim")
    assert not told.finds("same_receipt")
    told.reads("A-1", ref, 9, says(kr(900)))
    assert [(each.line_no, each.on) for each in told.finds("total_below_claim")] == [
        (1, day(9)),
        (2, day(9)),
    ]


def test_a_cvr_number_that_nobody_can_have_is_asked_about() -> None:
    told = History().case("A-1", "course")
    told.receipt("A-1", kr(500), 5, says=says(cvr="91335417"))
    told.receipt("A-1", kr(600), 6, says=says(cvr="91335418"))
    assert [each.amount for each in told.finds("cvr_invalid")] == [kr(600)]


@pytest.mark.parametrize(
    ("vat", "asked"), [(kr(1_500), False), (kr(1_888), True), (kr(0), False), (kr(1_000), True)]
)
def test_vat_that_is_no_fifth_is_asked_about(vat: Money, asked: bool) -> None:  # noqa: FBT001
    told = History().case("A-1", "course")
    told.receipt("A-1", kr(7_500), 5, says=says(kr(7_500), vat=vat))
    assert bool(told.finds("vat_not_a_fifth")) == asked
