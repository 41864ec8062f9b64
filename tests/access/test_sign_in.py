"""Signing in and out on the pages, and the demo's own choice of a role."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.access.guard import COOKIE
from service.app import Teten
from service.web.sign_in import own_path
from tests.examples import establish, register
from tests.service.conftest import served, signed_in
from tests.service.test_log import fresh


@pytest.fixture
def demo(teten: Teten) -> Iterator[TestClient]:
    teten.log.handle(fresh(establish()))
    teten.log.handle(fresh(register()))
    with served(teten, None, demo=True) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def real(teten: Teten) -> Iterator[TestClient]:
    teten.log.handle(fresh(establish()))
    with served(teten, None) as client:
        client.follow_redirects = False
        yield client


def test_the_demo_says_loudly_what_it_is_and_offers_the_four_roles(demo: TestClient) -> None:
    page = demo.get("/sign-in").text
    assert "Dette er en demo" in page and 'role="alert"' in page
    for role in ("Jobkonsulent", "Økonomikonsulent", "Revisor", "Administrator"):
        assert f"{role}: " in page


def test_the_demos_front_page_is_for_everybody_and_its_cases_are_not(demo: TestClient) -> None:
    assert demo.get("/").status_code == 200
    answer = demo.get("/cases?as_of=2019-03-02")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fcases%3Fas_of%3D2019-03-02"


def test_a_chosen_role_leads_on_and_holds_until_one_signs_out(demo: TestClient) -> None:
    answer = demo.post("/sign-in/demo", data={"person": "kons-1", "next": "/cases"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    page = demo.get("/cases")
    assert "kons-1: Jobkonsulent" in page.text
    assert demo.get("/v1/report").status_code == 403
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    token = demo.cookies[COOKIE]
    assert demo.post("/sign-out", data={"csrf": csrf}).headers["location"] == "/sign-in"
    demo.cookies.set(COOKIE, token)
    assert demo.get("/cases").status_code == 303  # Also for whoever kept the cookie.


def test_a_new_sign_in_ends_the_session_before_it(demo: TestClient) -> None:
    demo.post("/sign-in/demo", data={"person": "kons-1"})
    former = demo.cookies[COOKIE]
    demo.post("/sign-in/demo", data={"person": "fin-1"})
    assert demo.cookies[COOKIE] != former
    demo.cookies.clear()
    demo.cookies.set(COOKIE, former)
    assert demo.get("/cases").status_code == 303


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(demo: TestClient) -> None:
    told = demo.post("/sign-in/demo", data={"person": "kons-1"}).headers["set-cookie"]
    assert "HttpOnly" in told and "SameSite=lax" in told and "Path=/" in told


def test_nobody_is_who_they_choose_to_be_outside_the_demo(real: TestClient) -> None:
    assert "Dette er en demo" not in real.get("/sign-in").text
    assert real.post("/sign-in/demo", data={"person": "kons-1"}).status_code == 404
    assert real.get("/").status_code == 303
    assert COOKIE not in real.cookies


def test_nobody_becomes_somebody_who_holds_no_role(demo: TestClient) -> None:
    for person in ("nobody", "system"):
        assert demo.post("/sign-in/demo", data={"person": person}).status_code == 404


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/a\nb", "/\tb"],
)
def test_a_sign_in_leads_to_no_other_site(wanted: str) -> None:
    assert own_path(wanted) == "/"
    assert own_path("/cases?as_of=2019-01-01") == "/cases?as_of=2019-01-01"


def test_what_is_not_allowed_is_told_in_both_languages(real: TestClient, teten: Teten) -> None:
    signed_in(real, teten, "kons-1")
    problem = real.get("/v1/report").json()
    assert (problem["status"], problem["title"]) == (403, "forbidden")
    assert "rolle" in problem["detail_da"] and "role" in problem["detail"]
    assert "rolle" in real.get("/documents").text


def test_who_is_not_signed_in_is_told_how(real: TestClient) -> None:
    answer = real.get("/v1/report")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["title"] == "not_signed_in"
