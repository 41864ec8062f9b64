"""The bank's statements are read to the øre, or not at all."""

import os
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from domain.money import Money, kr, total
from service.formats import camt053
from service.formats.camt053 import Entry, NotAStatement
from tests.conftest import PILOT, SHARED
from tests.data_sets import ACCOUNT, Movement, paid, saying, statement

FOREIGN = SHARED / "corpus" / "bank"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
ONE = statement(Movement("1950.00", details=paid("R-1")))


def entry(
    amount: str = "1950.00",
    indicator: str = "DBIT",
    details: str = "",
    day: str = "2019-03-15",
    status: str = "<Sts>BOOK</Sts>",
) -> Entry:
    """The one entry of a statement, as it is read."""
    [read] = camt053.read(statement(Movement(amount, indicator, details, day, status))).entries
    return read


def changed(old: str, new: str) -> bytes:
    assert old.encode() in ONE
    return ONE.replace(old.encode(), new.encode())


def refused(content: bytes) -> str:
    with pytest.raises(NotAStatement) as no:
        camt053.read(content)
    return str(no.value)


# The pilot's -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((PILOT / "bank").iterdir()), ids=lambda file: file.stem)
def test_the_entries_of_a_statement_lead_from_its_opening_to_its_closing_balance(
    file: Path,
) -> None:
    read = camt053.read(file.read_bytes())
    moved = total(e.amount if e.indicator == "CRDT" else -e.amount for e in read.entries)
    assert read.opening + moved == read.closing
    assert (read.id, read.account) == (f"STMT-{file.stem}", "9999-0009000000")


def test_each_statement_begins_where_the_one_before_it_ended() -> None:
    read = [camt053.read(file.read_bytes()) for file in sorted((PILOT / "bank").iterdir())]
    assert len(read) == 26
    assert [each.opening for each in read[1:]] == [each.closing for each in read[:-1]]


# What is taken from an entry ---------------------------------------------------------------------


def test_an_entry_tells_what_moved_when_and_for_which_payment() -> None:
    read = camt053.read(ONE)
    assert (read.opening, read.closing, read.account) == (kr(10_000), kr(8_050), ACCOUNT)
    assert read.entries == (
        Entry("2019-03-1", date(2019, 3, 15), "DBIT", kr(1_950), "R-1", None, None),
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", kr(5)),
        ("5.5", kr(5, 50)),
        ("5.50000", kr(5, 50)),
        ("0.01", Money(1)),
        (" 5.00\n", kr(5)),
    ],
)
def test_an_amount_is_read_to_the_ore(written: str, read: Money) -> None:
    assert entry(written).amount == read


@pytest.mark.parametrize(
    "written",
    [
        *(
            "1.005",
            "-5.00",
            "+5.00",
            "1e3",
            "1E3",
            "1,950.00",
            "1.950,00",
            ".5",
            "5.",
            "NaN",
            "INF",
        ),
        *("0x10", "١٩", "5 000.00", "19<b/>50.00", "9" * 16, "9" * 5_000),
    ],
    ids=lambda written: written[:12],
)
def test_an_amount_that_is_not_plain_kroner_and_ore_is_refused(written: str) -> None:
    assert "Amt" in (told := refused(statement(Movement(written)))) or "not an amount" in told


def test_a_comment_or_an_instruction_within_an_amount_hides_nothing_of_it() -> None:
    assert entry("19<!-- hello -->50.00").amount == kr(1_950)
    assert entry("19<?hello you?>50.00").amount == kr(1_950)
    assert entry("<![CDATA[1950.00]]>").amount == kr(1_950)


@pytest.mark.parametrize("day", ["2019-03-15", "2019-03-15Z", "2019-03-15+01:00"])
def test_the_day_is_the_banks_own_whatever_the_zone(day: str) -> None:
    assert entry(day=day).booked_on == date(2019, 3, 15)


def test_a_booking_time_is_read_as_its_day() -> None:
    timed = changed(
        "<BookgDt><Dt>2019-03-15</Dt>", "<BookgDt><DtTm>2019-03-15T23:59:59.999+02:00</DtTm>"
    )
    [read] = camt053.read(timed).entries
    assert read.booked_on == date(2019, 3, 15)


@pytest.mark.parametrize(
    "day", ["2019-02-30", "15-03-2019", "20190315", "2019-W10-1", "2019-03-15x", "2019-3-5", "soon"]
)
def test_a_day_that_is_none_is_refused(day: str) -> None:
    assert "not a date" in refused(statement(Movement("5.00", day=day)))


def test_of_a_batch_booked_as_one_entry_no_single_payment_is_taken() -> None:
    batch = f"{paid('R-1')}</TxDtls><TxDtls>{paid('R-2')}{saying('UNSPENT T-1/1')}"
    read = entry(details=batch)
    assert (read.amount, read.end_to_end_id, read.text) == (kr(1_950), None, None)


@pytest.mark.parametrize(
    ("information", "reason"),
    [
        ("<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", "AC04"),
        ("<RtrInf><Rsn><Prtry>closed</Prtry></Rsn></RtrInf>", "closed"),
        ("<RtrInf><AddtlInf>Konto lukket</AddtlInf></RtrInf>", "unknown"),
        ("<RtrInf/>", "unknown"),
        ("", None),
    ],
)
def test_a_return_is_known_by_its_information_with_or_without_a_code(
    information: str, reason: str | None
) -> None:
    assert entry(indicator="CRDT", details=information).return_reason == reason


def test_remittance_text_in_several_parts_is_read_as_one() -> None:
    parts = "<RmtInf><Ustrd>UNSPENT</Ustrd><Ustrd> T-1/1 </Ustrd><Ustrd/></RmtInf>"
    assert entry(details=parts).text == "UNSPENT T-1/1"


def test_without_remittance_text_the_entrys_own_is_read() -> None:
    told = changed("<NtryDtls>", "<AddtlNtryInf>Gebyr</AddtlNtryInf><NtryDtls>")
    assert camt053.read(told).entries[0].text == "Gebyr"


def test_an_entry_without_the_banks_reference_goes_by_its_own_or_by_its_place() -> None:
    reference = "<AcctSvcrRef>2019-03-1</AcctSvcrRef>"
    assert (
        camt053.read(changed(reference, "<NtryRef>77</NtryRef>")).entries[0].entry == "S-2019-03/77"
    )
    assert camt053.read(changed(reference, "")).entries[0].entry == "S-2019-03/1"


@pytest.mark.parametrize(
    ("status", "count"),
    [
        ("<Sts>BOOK</Sts>", 1),
        ("<Sts><Cd>BOOK</Cd></Sts>", 1),
        ("", 1),
        ("<Sts>PDNG</Sts>", 0),
        ("<Sts>\n <Cd>PDNG</Cd>\n</Sts>", 0),
        ("<Sts><Prtry>maybe</Prtry></Sts>", 0),
    ],
)
def test_only_what_is_booked_counts(status: str, count: int) -> None:
    assert len(camt053.read(statement(Movement("5.00", status=status))).entries) == count


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "10"])
def test_versions_are_read_alike(version: str) -> None:
    assert camt053.read(changed("camt.053.001.02", f"camt.053.001.{version}")) == camt053.read(ONE)


def test_a_prefixed_namespace_and_another_encoding_are_read_alike() -> None:
    prefixed = ONE.replace(b"</", b"</c:").replace(b"<", b"<c:")
    for wrong, right in ((b"<c:/c:", b"</c:"), (b"<c:?", b"<?"), (b"xmlns=", b"xmlns:c=")):
        prefixed = prefixed.replace(wrong, right)
    wide = ONE.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert camt053.read(prefixed) == camt053.read(wide) == camt053.read(ONE)


def test_an_overdrawn_account_has_a_negative_balance() -> None:
    overdrawn = ONE.replace(b"<CdtDbtInd>CRDT</CdtDbtInd>", b"<CdtDbtInd>DBIT</CdtDbtInd>", 1)
    assert camt053.read(overdrawn).opening == kr(-10_000)


def test_an_account_may_go_by_its_iban() -> None:
    iban = changed(f"<Othr><Id>{ACCOUNT}</Id></Othr>", "<IBAN>DK5000400440116243</IBAN>")
    assert camt053.read(iban).account == "DK5000400440116243"


# What is no statement ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not well-formed"),
        (b" \n", "not well-formed"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not well-formed"),
        (ONE[: len(ONE) // 2], "not well-formed"),
        (ONE[:-1].removesuffix(b">"), "not well-formed"),
        (ONE + b"<more/>", "not well-formed"),
        (ONE.replace(b"UTF-8", b"no-such-1"), "not well-formed"),
        (ONE.replace(b"R-1", b"R-\xff"), "not well-formed"),
        (ONE.replace(b"R-1", b"&who;"), "not well-formed"),
        (b"<Document/>", "found 0"),
        (changed("BkToCstmrStmt", "BkToCstmrAcctRpt"), "found 0"),
        (ONE.replace(b"</Stmt>", b"</Stmt><Stmt><Id>S-2</Id></Stmt>"), "found 2"),
        (changed("<Ccy>DKK</Ccy>", "<Ccy>EUR</Ccy>"), "EUR"),
        (changed('<Amt Ccy="DKK">10000', '<Amt Ccy="EUR">10000'), "EUR"),
        (statement(Movement("5.00", currency="SEK")), "SEK"),
        (statement(Movement("5.00", currency="SEK")).replace(b"<Ccy>DKK</Ccy>", b""), "SEK"),
        (changed(' Ccy="DKK">1950', ">1950"), "no currency"),
        (changed("<Id>S-2019-03</Id>", ""), "no Id"),
        (changed("<Id>S-2019-03</Id>", f"<Id>{'9' * 36}</Id>"), "1 to 35"),
        (changed(ACCOUNT, " "), "no Acct/Id/IBAN"),
        (changed("OPBD", "PRCD"), "no OPBD balance"),
        (changed("CLBD", "CLAV"), "no CLBD balance"),
        (changed("<CdtDbtInd>DBIT</CdtDbtInd>", ""), "no CdtDbtInd"),
        (changed("<CdtDbtInd>DBIT</CdtDbtInd>", "<CdtDbtInd>OUT</CdtDbtInd>"), "'OUT'"),
        (ONE.replace(b"<CdtDbtInd>CRDT", b"<CdtDbtInd>UP", 1), "'UP'"),
        (changed("<BookgDt><Dt>2019-03-15</Dt></BookgDt>", ""), "no BookgDt/DtTm"),
        (changed('<Amt Ccy="DKK">1950.00</Amt>', ""), "no Amt"),
    ],
)
def test_what_is_no_readable_statement_is_refused_with_its_reason(
    content: bytes, told: str
) -> None:
    assert told in refused(content)


def test_a_file_of_more_than_twenty_megabytes_is_not_even_parsed() -> None:
    assert "20 MB" in refused(ONE + b" " * 20_000_000)


@pytest.mark.parametrize("depth", [1_000, 200_000])
def test_endless_nesting_is_refused(depth: int) -> None:
    nested = b"<a>" * depth + b"</a>" * depth
    assert "depth" in refused(nested)
    assert "depth" in refused(ONE.replace(b"</Stmt>", nested + b"</Stmt>"))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE Document>",
        "<!DOCTYPE Document []>",
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/camt.dtd">',
        '<!DOCTYPE Document PUBLIC "-//ISO//camt" "http://127.0.0.1:9/camt.dtd">',
        '<!DOCTYPE Document [<!ATTLIST Amt Ccy CDATA "DKK">]>',
    ],
)
def test_a_document_type_declaration_of_any_kind_is_refused(doctype: str) -> None:
    declared = ONE.replace(DECLARATION, DECLARATION + doctype.encode())
    assert "document type declaration" in refused(declared)


@pytest.mark.parametrize("place", ["<Id>&z;S-2019-03</Id>", '<Id x="&z;">S-2019-03</Id>'])
def test_an_entity_bomb_does_not_go_off(place: str) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    entities = [f'<!ENTITY a "{"ha" * 10}">']
    entities += [f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in pairwise(letters)]
    bomb = DECLARATION + f"<!DOCTYPE Document [{''.join(entities)}]>".encode()
    refused(changed("<Id>S-2019-03</Id>", place).replace(DECLARATION, bomb))


@pytest.mark.parametrize(
    ("entity", "use"),
    [
        ('<!ENTITY x SYSTEM "file://{file}">', "&x;"),
        ('<!ENTITY % x SYSTEM "file://{file}"> %x;', ""),
        ('<!ENTITY x SYSTEM "{file}">', "&x;"),
    ],
)
def test_a_file_that_an_entity_points_to_is_never_read(
    entity: str, use: str, tmp_path: Path
) -> None:
    """Whoever read it would stumble: it is not well-formed."""
    secret = tmp_path / "secret"
    secret.write_text("<no & sense", "utf-8")
    doctype = f"<!DOCTYPE Document [{entity.format(file=secret)}]>"
    content = changed("<Id>S-", f"<Id>{use}S-").replace(DECLARATION, DECLARATION + doctype.encode())
    assert "document type declaration" in refused(content)


@pytest.mark.skipif(
    not FOREIGN.exists() and not os.environ.get("CI"),
    reason="the statements of other banks are not here",
)
def test_other_banks_files_are_read_or_refused_and_nothing_else() -> None:
    """None of them is in kroner, and most are no account statements at all."""
    told = {file.name: refused(file.read_bytes()) for file in sorted(FOREIGN.glob("*.xml"))}
    assert told
    assert all(told.values())
