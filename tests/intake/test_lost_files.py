"""Files that are gone or damaged where they are kept: whoever asks is told, and whoever runs the service."""

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from domain.voucher import VoucherFiled, VoucherReceived, vouchers
from service import doctor
from service.app import Teten
from service.intake import looking
from service.people.forgetting import of_no_case
from tests.intake.conftest import CITIZEN, Receive
from tests.intake.pictures import photo
from tests.intake.test_arriving import events, form, hand_over, web
from tests.intake.test_reading import read

__all__ = ["web"]


def remove(file: Path) -> None:
    file.unlink()


def damage(file: Path) -> None:
    """One bit, as a disk does."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5])


Harm = Callable[[Path], None]
HARMS = pytest.mark.parametrize("harm", [remove, damage, cut_off])


def kept(teten: Teten, ref: str, copy: str = "", subject: str = CITIZEN) -> Path:
    """Where the file of a voucher is, or a copy of it."""
    sha256 = teten.log.state(vouchers, "NP", ref).sha256
    original = teten.settings.files / teten.files.stored(sha256, subject)
    return original.with_name(f"{sha256}{copy}{original.suffix}")


@HARMS
def test_an_original_that_is_lost_is_said_to_be_in_both_languages_and_told_to_the_operator(
    cases: Teten, web: TestClient, arrives: Receive, harm: Harm
) -> None:
    ref = arrives(photo()).ref
    read(cases)
    harm(kept(cases, ref))
    with capture_logs() as told:
        answer = web.get(f"/v1/vouchers/{ref}/original")
    assert (answer.status_code, answer.json()["title"]) == (410, "file_lost")
    assert "mangler" in answer.json()["detail_da"] and "missing" in answer.json()["detail"]
    assert {"event": "picture lost", "ref": ref, "kind": "voucher", "log_level": "error"} in told
    page = web.get(f"/intake/voucher/NP/{ref}/original")
    assert (page.status_code, "<html" in page.text) == (410, True)
    assert "mangler" in page.text
    [files] = [each for each in doctor.examine(cases) if each.name == "files"]
    assert not files.ok


@HARMS
def test_a_copy_that_is_lost_is_made_again_unless_its_original_is_lost_too(
    cases: Teten, web: TestClient, arrives: Receive, harm: Harm
) -> None:
    ref = arrives(photo()).ref
    read(cases)
    harm(kept(cases, ref, ".upright"))
    assert web.get(f"/v1/vouchers/{ref}/upright").status_code == 200
    for each in ("", ".upright"):
        harm(kept(cases, ref, each))
    answer = web.get(f"/v1/vouchers/{ref}/upright")
    assert (answer.status_code, answer.json()["title"]) == (410, "file_lost")


def test_where_no_copy_can_be_made_just_now_it_is_said_so(
    cases: Teten, web: TestClient, arrives: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = arrives(photo()).ref
    assert "waits" in web.get(f"/v1/vouchers/{ref}/upright").json()["detail"]
    read(cases)
    remove(kept(cases, ref, ".upright"))
    monkeypatch.setattr(looking, "WITHOUT_ENGINES", "no.such:engine")
    with capture_logs() as told:
        answer = web.get(f"/v1/vouchers/{ref}/upright")
    assert (answer.status_code, answer.json()["title"]) == (503, "workshop_closed")
    assert answer.headers["retry-after"]
    assert [each["log_level"] for each in told if each["event"] == "workshop closed"] == ["error"]
    page = web.get(f"/intake/voucher/NP/{ref}/upright")
    assert page.status_code == 503 and "kan ikke laves" in page.text
    assert web.get(f"/v1/vouchers/{ref}/original").content == photo()


@HARMS
def test_a_voucher_of_no_case_is_not_filed_without_its_file(
    cases: Teten, web: TestClient, arrives: Receive, harm: Harm
) -> None:
    ref = arrives(photo(), case_no=None).ref
    read(cases)
    harm(kept(cases, ref, subject=of_no_case("NP", ref)))
    page = web.get(f"/intake/voucher/NP/{ref}").text
    wish = form(page) | {"case_no": "A-1", "line_no": "1", "number": "K-1", "merchant": "Kiosk"}
    bought = {"amount": "1.250,00", "purchased_on": "2019-03-06"}
    answer = web.post(f"/intake/voucher/NP/{ref}/file", data=wish | bought)
    assert (answer.status_code, "mangler" in answer.text) == (410, True)
    assert events(cases, VoucherFiled) == []


@HARMS
def test_who_sends_a_file_again_that_was_lost_has_it_kept_again(
    cases: Teten, web: TestClient, arrives: Receive, harm: Harm
) -> None:
    first = arrives(photo(), "mail/1").ref
    harm(kept(cases, first))
    again = arrives(photo(), "mail/2").ref
    assert web.get(f"/v1/vouchers/{again}/original").content == photo()
    assert web.get(f"/v1/vouchers/{first}/original").content == photo()


@pytest.fixture
def full_disk() -> Iterator[Callable[[], Any]]:
    """From now on no file of ours grows past some kilobytes: the kernel refuses it as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_the_disk_is_full_nothing_is_taken_and_it_is_said_so(
    cases: Teten, web: TestClient, full_disk: Callable[[], Any]
) -> None:
    bearer = {"Authorization": f"Bearer {web.cookies['teten_session']}"}
    full_disk()
    with capture_logs() as told:
        answer = hand_over(web, "k-1", photo() * 9, **bearer)
    assert (answer.status_code, answer.json()["title"]) == (507, "disk_full")
    assert "Intet er gemt" in answer.json()["detail_da"]
    assert [each["log_level"] for each in told if each["event"] == "disk full"] == ["error"]
    assert events(cases, VoucherReceived) == []
    assert list(cases.settings.files.rglob("*.part")) == []
