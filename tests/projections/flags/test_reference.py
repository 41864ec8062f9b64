from tests.projections.flags.reference import PAGE, page


def test_the_page_of_flags_says_what_the_code_does() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.projections.flags.reference"
