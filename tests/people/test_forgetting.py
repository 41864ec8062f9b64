"""Once a citizen is forgotten nothing of them is left, anywhere, and nothing of the books is gone."""

from collections.abc import Callable
from email.message import EmailMessage
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from domain.voucher import Channel
from domain.words import Refused
from service import doctor
from service.app import Teten, opened
from service.backup.making import back_up
from service.bundle.verify import Bundle
from service.documents.completing import completeness_of
from service.evidence.verifying import verify
from service.flags.raising import raise_due
from service.flags.views import flag_views
from service.importing.reading import BrokenData
from service.intake.receiving import Arrival, receive
from service.intake.taking import Counter
from service.people.files import Files
from service.people.forgetting import CaseMoved, of_no_case
from service.people.keys import Forgotten, Keys
from service.people.sealing import fingerprint
from tests.conftest import import_into
from tests.people.conftest import does, forget, settle, with_people
from tests.people.traces import LATER, everywhere, found
from tests.people.traces import opened as opened_with_every_key
from tests.service.conftest import served
from tests.shell import Shell
from tests.stories import papers

CPR = "610190-1001"
ANNA = (
    *(CPR, "Anna Ærlig", "9999-0000000011", "Jeg kan ikke gå så langt", "Ryggen holder ikke"),
    *("Ladcykel", "Underskrevet på hospitalet", "Købt på afbetaling", "Ulæselig", "Den blev våd"),
    *("Pungen blev stjålet", "Borgeren har ingen penge", "Kurset blev dyrere", "Brækkede benet"),
    *("Anna er syg", "\n the first receipt", "\n the second receipt"),
)
# What Anna sent: by phone, by e-mail, and by an e-mail that said no case and was filed later; what was
# asked of her receipts; and where letters to her went.
SENT = (
    *("Sendt fra telefonen", "Telefonens billede", "Sendt med e-mail", "Sendt uden sag"),
    *("Billedet uden sag", "Anna siger at butikken lukkede", "anna.aerlig@borger.example"),
)
MAIL_SAID = ("privat@borger.example", "Jeg er blevet alvorligt syg")  # Of it nothing was ever kept.
OTHERS = ("620290-1002", "Bent Birk", "9999-0000000022", "Kunne ikke magte det", "Clara Ø. Krogh")


def figures(teten: Teten) -> dict[str, Any]:
    teten.rows.catch_up()
    with teten.reports("TT") as reports:
        return reports.report(None, LATER)


def problems(teten: Teten) -> list[str]:
    return [check.name for check in doctor.examine(teten) if not check.ok]


def left(teten: Teten, citizen: str) -> list[Any]:
    """What is kept under the citizen's name, whether it can be opened or not."""
    return [each for each in (*teten.forgetting.kept(citizen), teten.vault.pseudonym(CPR)) if each]


def test_nothing_of_who_was_forgotten_is_found_and_the_books_stand(
    past: Teten, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    past.checkpoints.make()
    assert found(ANNA, everywhere(past, tmp_path / "before")) == set(ANNA)  # They can be found.
    before, citizen = figures(past), past.vault.pseudonym(CPR) or ""
    past.files.keep_derived("ab" * 32, citizen, "upright", b"\n the first receipt, upright")

    done = Shell(past.settings)("people", "forget", "T-1", "--as", "adm-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the citizen of T-1; 12 texts and 2 files destroyed" in done.stdout
    past.checkpoints.make()

    assert found(ANNA, everywhere(past, tmp_path / "after")) == set()
    logged = capfd.readouterr()
    assert (
        found(ANNA, iter([done.stdout.encode(), logged.out.encode(), logged.err.encode()])) == set()
    )
    assert left(past, citizen) == []
    assert not list(past.settings.files.glob(f"*/*{past.files.stored('ab', citizen).suffix}"))
    assert found(OTHERS, opened_with_every_key(past)) == set(OTHERS)
    assert figures(past) == before
    assert verify(past.checkpoints, past.files, past.outside).findings == []
    assert problems(past) == []
    with past.rows.snapshot() as snapshot:
        assert completeness_of(past, snapshot, "TT", LATER).breaches == []
    wrong = Bundle(tmp_path / "after" / "bundle").verify()
    assert not [each for told in wrong.values() for each in told]


def test_nothing_is_found_of_what_was_sent_asked_and_written_to_whoever_was_forgotten(
    past: Teten, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    citizen = past.vault.pseudonym(CPR) or ""
    past.vault.add(citizen, {"email": SENT[-1]})
    voucher = sends(past, citizen)
    before_filing = tmp_path / "before-filing.tar"
    back_up(past, before_filing)
    receipt: dict[str, Any] = {"line_no": 1, "ref": "K-9", "amount": "1.00", "merchant": "Kiosken"}
    does(past, "HandInReceipt", case_no="T-1", by="kons-1", voucher=voucher, **receipt, **BOUGHT)
    does(past, "RejectReceipt", case_no="T-1", by="kons-1", line_no=1, ref="K-9")
    is_asked_about(past)
    past.checkpoints.make()
    assert found([*SENT, *MAIL_SAID], everywhere(past, tmp_path / "before")) == set(SENT)

    forget(past)
    past.checkpoints.make()

    logged = capfd.readouterr()
    place = chain(everywhere(past, tmp_path / "after"), [logged.out.encode(), logged.err.encode()])
    assert found([*ANNA, *SENT, *MAIL_SAID], place) == set()
    # What a backup of before holds was sealed with keys that are gone.
    assert not {citizen, of_no_case("TT", voucher)} & past.keys.subjects()
    assert verify(past.checkpoints, past.files, past.outside).findings == []
    assert problems(past) == []


BOUGHT = {"purchased_on": "2019-05-20"}


def sends(teten: Teten, citizen: str) -> str:
    """By phone, by e-mail, and by an e-mail of no case, whose voucher is told. Each has its clean copy."""
    phone = Arrival("TT", citizen, Channel.PHONE, SENT[0].encode(), "T-1", 1)
    receive(teten, phone, "phone/1", "a test")
    counter = Counter(teten, "TT")
    counter.mail("1.eml", mail("[T-1/1] Bilag", SENT[2]))
    [voucher] = counter.mail("2.eml", mail("Bilag", SENT[3])).refs
    copies = ((SENT[0], citizen, SENT[1]), (SENT[3], of_no_case("TT", voucher), SENT[4]))
    for content, subject, copy in copies:
        digest = fingerprint(content.encode())
        teten.files.keep_derived(digest, subject, "upright", copy.encode())
        assert teten.files.read_derived(digest, subject, "upright")
    teten.files.keep_derived(fingerprint(SENT[3].encode()), citizen, "upright", SENT[4].encode())
    return voucher


def mail(subject: str, content: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = MAIL_SAID[0], "bilag@teten.example", subject
    made["Message-ID"] = f"<{fingerprint(content.encode())[:12]}@borger.example>"
    made.set_content(MAIL_SAID[1])
    made.add_attachment(
        content.encode(), maintype="image", subtype="jpeg", filename="Anna Ærlig.jpg"
    )
    return made.as_bytes()


def is_asked_about(teten: Teten) -> None:
    """A flag of the case is answered, with words."""
    teten.rows.catch_up()
    raise_due(teten, "TT", LATER)
    with teten.rows.snapshot() as view:
        flag = next(each for each in flag_views(view, "TT", LATER, lambda _: True) if each.case)
    told: dict[str, Any] = {
        "case_no": flag.case,
        "flag": flag.flag,
        "reason": SENT[5],
        "line_no": None,
    }
    does(teten, "DismissFlag", by="both-1", effective_on=None, **told)


def test_a_backup_of_before_can_be_opened_no_more(past: Teten, tmp_path: Path) -> None:
    back_up(past, tmp_path / "before.tar")
    forget(past)
    with past.log.pool.connection() as connection:  # As restored: sealed as it was.
        connection.execute("INSERT INTO people.words SELECT 'words-1', %s, '\\x00'", ("citizen-1",))
    assert found(ANNA, opened_with_every_key(past)) == set()


def test_a_suppliers_credit_note_goes_with_the_invoice(past: Teten) -> None:
    shop = ("95429114", "Cykelhandleren", "T-1/1", "Ladcykel")
    asked = {"programme": "TT", "by": "system", "effective_on": "2019-06-03"}
    bill = papers.invoice("501", *shop, 100, "2019-06-03")
    past.clerk.in_plain("ReceiveInvoice", {**asked, "file": "501.xml"}, bill)
    note = papers.credit_note("502", "501", *shop, 100, "2019-06-03")
    past.clerk.in_plain("ReceiveCreditNote", {**asked, "file": "502.xml"}, note)
    citizen = past.vault.pseudonym(CPR) or ""
    assert past.forgetting.kept(citizen).files == 4
    forget(past)
    assert left(past, citizen) == []


# Killed -------------------------------------------------------------------------------------------


def killed(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("of", "step"), [(Keys, "destroy"), (Files, "destroy")], ids=["key", "files"]
)
def test_a_run_that_is_killed_is_finished_by_the_next(
    past: Teten, monkeypatch: pytest.MonkeyPatch, of: type, step: str
) -> None:
    citizen = past.vault.pseudonym(CPR) or ""
    with monkeypatch.context() as patched:
        patched.setattr(of, step, killed)
        with pytest.raises(KeyboardInterrupt):
            forget(past)
    assert left(past, citizen)
    assert problems(past) == ["keys"]
    assert verify_says_nothing_but_unsigned(past)
    with opened(past.settings) as again:
        assert again.forgetting.finish() == [citizen]
    assert left(past, citizen) == []
    assert problems(past) == []


def verify_says_nothing_but_unsigned(teten: Teten) -> bool:
    findings = verify(teten.checkpoints, teten.files, teten.outside).findings
    return {each.kind for each in findings} <= {"checkpoint"}


def test_the_same_wish_asked_again_gets_the_same_answer(past: Teten) -> None:
    with served(past, "adm-1") as client:
        first, again = (forget_over_http(client) for _ in range(2))
    assert first.status_code == 200
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"


def forget_over_http(client: TestClient) -> Response:
    body = {"programme": "TT", "case_no": "T-1"}
    headers = {"Authorization": f"Bearer {client.cookies['teten_session']}"}
    return client.post(
        "/v1/commands/forget-citizen", json=body, headers={**headers, "Idempotency-Key": "once"}
    )


def test_asked_again_it_says_that_it_is_done(past: Teten) -> None:
    forget(past)
    assert code(lambda: forget(past)) == ("citizen_forgotten", {"case_no": "T-1"})


# Refused ------------------------------------------------------------------------------------------


def code(asked: Callable[[], None]) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refused) as no:
        asked()
    return no.value.code, no.value.facts


def test_before_the_retention_period_is_over_it_is_refused_with_its_last_day(past: Teten) -> None:
    later: dict[str, Any] = {
        "case_no": "T-2",
        "by": "kons-2",
        "outcome": "employed",
        "line_no": None,
    }
    does(past, "RecordOutcome", **later, effective_on="2024-02-29")
    told = {"case_no": "T-2", "last_on": "2024-02-29", "retained_until": "2029-12-31"}
    assert code(lambda: forget(past, "T-2")) == ("retained", told)
    assert past.forgetting.kept(past.vault.pseudonym("620290-1002") or "").key


def test_all_cases_of_the_citizen_must_be_due(past: Teten, tmp_path: Path) -> None:
    import_into(past, with_people(tmp_path / "more", programme="TU", cases="U"))
    assert code(lambda: forget(past))[1]["case_no"] == "U-1"
    settle(past, "TU", "U-1")
    citizen = past.vault.pseudonym(CPR) or ""
    forget(past)
    assert left(past, citizen) == []
    assert code(lambda: forget(past, "U-1", programme="TU"))[0] == "citizen_forgotten"


def test_a_dry_run_says_the_same_and_destroys_nothing(past: Teten) -> None:
    shell, citizen = Shell(past.settings), past.vault.pseudonym(CPR) or ""
    told = shell.data("people", "forget", "T-1", "--as", "adm-1", "--dry-run")
    assert told == {"cases": ["T-1"], "words": 12, "files": 2, "dry_run": True}
    assert past.forgetting.kept(citizen) == (True, 12, 2)


def test_what_happened_meanwhile_stops_it(past: Teten, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = past.forgetting.last_days(past.vault.pseudonym(CPR) or "")
    later: dict[str, Any] = {"case_no": "T-1", "by": "kons-1", "line_no": None}
    does(past, "RecordOutcome", **later, outcome="on_benefits", effective_on="2019-06-04")
    monkeypatch.setattr(type(past.forgetting), "last_days", lambda *_: looked_up)
    with pytest.raises(CaseMoved):
        forget(past)
    with served(past, "adm-1") as client:
        told = forget_over_http(client)
    assert (told.status_code, told.json()["title"]) == (503, "busy")
    assert past.forgetting.kept(past.vault.pseudonym(CPR) or "").key


def test_nobody_may_say_themselves_when_the_last_thing_happened(past: Teten) -> None:
    told = [{"case_no": "T-1", "day": "2001-01-01"}]
    with pytest.raises(ValueError, match="leave out last_days"):
        forget(past, last_days=told)


# Afterwards ---------------------------------------------------------------------------------------


def test_nothing_more_is_kept_of_who_was_forgotten(past: Teten) -> None:
    citizen = past.vault.pseudonym(CPR) or ""
    forget(past)
    told = {"case_no": "T-1", "by": "fin-1", "amount": "1.00", "words": "Hun kom forbi"}
    assert code(lambda: does(past, "DeclareLoss", **told))[0] == "citizen_forgotten"
    with pytest.raises(Forgotten):
        Keys(past.keys.pool, past.keys.master).of(citizen)
    assert left(past, citizen) == []


def test_no_new_case_is_registered_under_the_name_of_who_was_forgotten(
    past: Teten, monkeypatch: pytest.MonkeyPatch
) -> None:
    citizen = past.vault.pseudonym(CPR) or ""
    with monkeypatch.context() as patched:
        patched.setattr(Keys, "destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(past)
    told: dict[str, Any] = {
        "case_no": "T-9",
        "by": "kons-1",
        "line_no": None,
        "citizen": citizen,
        "phase": "1",
    }
    told |= {"selection": "random", "sparring": "individual", "caseworker": "kons-1"}
    assert code(lambda: does(past, "RegisterCase", **told))[0] == "citizen_forgotten"
    assert past.forgetting.finish() == [citizen]
    assert left(past, citizen) == []


def test_a_log_of_before_without_the_key_keeps_nothing_and_says_so(past: Teten) -> None:
    past.keys.destroy(past.vault.pseudonym(CPR) or "")
    asked = {"programme": "TT", "case_no": "T-1", "line_no": 1, "amount": "1.00", "words": "Sort"}
    with served(past, "fin-1") as client:
        headers = {"Authorization": f"Bearer {client.cookies['teten_session']}"}
        headers["Idempotency-Key"] = "late"
        told = client.post("/v1/commands/declare-loss", json=asked, headers=headers)
    assert (told.status_code, told.json()["title"]) == (409, "citizen_forgotten")


def test_the_data_that_it_came_from_is_not_imported_again(past: Teten) -> None:
    forget(past)
    with pytest.raises(BrokenData):
        import_into(past, past.settings.home.with_name("data"))
    assert past.vault.pseudonym(CPR) is None


def test_the_same_person_may_come_back_as_somebody_new(past: Teten) -> None:
    before = past.vault.pseudonym(CPR)
    forget(past)
    assert past.vault.citizen(CPR, {"name": "Anna Ærlig"}) != before
