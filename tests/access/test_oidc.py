"""Signing in at a provider of identities: whom it lets in, and everything that it does not."""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from oidc_provider_mock import User, run_server_in_thread

from service.access.oidc import KEYS_AGAIN
from service.access.sign_ins import SignIns
from service.app import Teten
from tests.access.conftest import (
    AT_PROVIDER,
    DECLINED,
    HERE,
    OTHER,
    Clock,
    browsing,
    returning,
    set_up,
    sign_in,
    to_provider,
)
from tests.access.providers import CLIENT, Claims, OwnProvider, new_key, unsigned

Browser = TestClient
CASES = "/v1/cases"


def refused(browser: Browser, answer: httpx2.Response, status: int = 403) -> str:
    """Nobody is signed in, the page says so, and tells the number of the line in the log."""
    assert answer.status_code == status
    assert browser.get(CASES).status_code == 401
    assert answer.headers["x-request-id"] in answer.text
    return re.sub(r"\s+", " ", answer.text)


def seen(browser: Browser) -> list[str]:
    answer = browser.get(CASES)
    assert answer.status_code == 200, answer.text
    return [each["case_no"] for each in answer.json()]


# In ---------------------------------------------------------------------------------------------


def test_a_provider_of_others_making_signs_a_caseworker_in(
    installation: Teten, tmp_path: Path
) -> None:
    known = User(sub="anybody", claims={"employee": "E-1", "realm": {"groups": ["jobcenter"]}})
    with run_server_in_thread(user_claims=[known], require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        teten = set_up(installation, tmp_path / "claims.toml", issuer)
        with browsing(teten) as browser:
            address = to_provider(browser, "/sign-in/oidc?next=/cases")
            answer = AT_PROVIDER.post(address, data={"sub": "anybody"})
            back = urlsplit(answer.headers["location"])
            answer = browser.get(f"{back.path}?{back.query}")
            assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
            assert seen(browser) == ["A-1"]
            assert "kons-1" in browser.get("/cases").text


def test_the_provider_is_asked_for_a_code_with_pkce_state_and_nonce(browser: Browser) -> None:
    asked = [parse_qs(urlsplit(to_provider(browser)).query) for _ in range(2)]
    first, second = ({name: values[0] for name, values in each.items()} for each in asked)
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == f"{HERE}/sign-in/callback"
    assert first["scope"] == "openid"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


def test_roles_are_those_that_the_groups_and_the_log_both_give(
    browser: Browser, provider: OwnProvider
) -> None:
    provider.claims["realm"] = {"groups": ["leaders", "others"]}
    sign_in(browser)
    assert seen(browser) == ["A-1"]
    assert browser.get("/v1/report").status_code == 403


def test_two_accounts_of_one_human_are_one_person(browser: Browser, provider: OwnProvider) -> None:
    provider.claims["employee"] = "E-1-extra"
    sign_in(browser)
    assert "kons-1" in browser.get("/cases").text
    assert "E-1-extra" not in browser.get("/cases").text


def test_signing_in_ends_the_session_that_the_browser_had(browser: Browser) -> None:
    sign_in(browser)
    former = browser.cookies["teten_session"]
    sign_in(browser)
    assert browser.cookies["teten_session"] != former
    stolen = browser.get(CASES, headers={"authorization": f"Bearer {former}"})
    assert stolen.status_code == 401


def test_two_tabs_of_one_browser_can_both_sign_in(browser: Browser) -> None:
    first, second = to_provider(browser), to_provider(browser)
    assert browser.get(returning(first)).status_code == 303
    assert browser.get(returning(second)).status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser: Browser, elsewhere: str) -> None:
    answer = sign_in(browser, f"/sign-in/oidc?{urlencode({'next': elsewhere})}")
    assert answer.headers["location"] == "/"


def test_cookies_are_for_this_host_and_for_tls_alone(
    installation: Teten, provider: OwnProvider, browser: Browser, tmp_path: Path
) -> None:
    public = "https://teten.example"
    teten = set_up(installation, tmp_path / "claims.toml", provider.issuer, public)
    with browsing(teten) as secure:
        secure.base_url = httpx2.URL(public)
        begun = secure.get("/sign-in/oidc").headers
        ended = secure.get(returning(begun["location"])).headers["set-cookie"]
    for name, cookie in (("sign_in", begun["set-cookie"]), ("session", ended)):
        assert cookie.startswith(f"__Host-teten_{name}=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


# Out --------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_here_and_leads_to_the_providers(
    browser: Browser, provider: OwnProvider
) -> None:
    sign_in(browser)
    token = browser.cookies["teten_session"]
    [csrf] = re.findall(r'name="csrf" value="(\w+)"', browser.get("/cases").text)
    answer = browser.post("/sign-out", data={"csrf": csrf})
    page = browser.get(answer.headers["location"]).text
    there = f"{provider.issuer}/end?tenant=1&amp;client_id={CLIENT}&amp;post_logout_redirect_uri="
    assert there in page
    stolen = browser.get(CASES, headers={"authorization": f"Bearer {token}"})
    assert stolen.status_code == 401


# Not in -----------------------------------------------------------------------------------------


def changed(**claims: Any) -> Callable[[OwnProvider, Claims], str]:
    def sign(provider: OwnProvider, standard: Claims) -> str:
        told = {name: value for name, value in (standard | claims).items() if value is not None}
        return provider.signed(told)

    return sign


def by_the_public_key(provider: OwnProvider, claims: Claims) -> str:
    """By hand: the library knows better than to do it."""
    parts = ({"alg": "HS256", "kid": "first"}, claims)
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    public = provider.key.as_pem(private=False)
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}"


def encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def touched(provider: OwnProvider, claims: Claims) -> str:
    header, _, signature = provider.signed(claims).split(".")
    other = provider.signed(claims | {"employee": "E-2"}).split(".")[1]
    return f"{header}.{other}.{signature}"


def critical(provider: OwnProvider, claims: Claims) -> str:
    header = b'{"alg":"RS256","kid":"first","crit":["unheard-of"],"unheard-of":1}'
    _, payload, signature = provider.signed(claims).split(".")
    return f"{encoded(header)}.{payload}.{signature}"


UNSOUND = {
    "expired": changed(exp=1_700_000_000),
    "without an end": changed(exp=None),
    "whose end is no number": changed(exp="2099"),
    "from the future": changed(iat=4_000_000_000),
    "without a beginning": changed(iat=None),
    "not yet good": changed(nbf=4_000_000_000),
    "for another audience": changed(aud="somebody-else"),
    "without an audience": changed(aud=None),
    "for several, made for another": changed(aud=[CLIENT, "other"], azp="other"),
    "for several, and nobody says for whom": changed(aud=[CLIENT, "other"]),
    "for us, made for another": changed(azp="other"),
    "of another issuer": changed(iss="https://evil.example"),
    "without an issuer": changed(iss=None),
    "without a subject": changed(sub=None),
    "with another's nonce": changed(nonce="of-another-sign-in"),
    "without a nonce": changed(nonce=None),
    "with another access token's hash": changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "signed by another key of the same name": lambda provider, claims: provider.signed(
        claims, key=new_key("first")
    ),
    "signed by a key that isn't published": lambda provider, claims: provider.signed(
        claims, key=new_key("second"), kid="second"
    ),
    "signed with the public key as a secret": by_the_public_key,
    "not signed at all": unsigned,
    "changed after it was signed": touched,
    "with a header that must be understood": critical,
    "that is no token": lambda *_: "nonsense",
}


@pytest.mark.parametrize("what", UNSOUND)
def test_a_token_is_refused_that_is(browser: Browser, provider: OwnProvider, what: str) -> None:
    provider.sign = UNSOUND[what]
    assert "holdt ikke" in refused(browser, sign_in(browser))


def test_a_token_for_several_audiences_is_good_if_it_was_made_for_us(
    browser: Browser, provider: OwnProvider
) -> None:
    digest = sha256(provider.access_token.encode()).digest()[:16]
    provider.sign = changed(aud=[CLIENT, "other"], azp=CLIENT, at_hash=encoded(digest))
    assert sign_in(browser).status_code == 303


def test_the_providers_keys_may_change_while_we_run(
    installation: Teten, browser: Browser, provider: OwnProvider
) -> None:
    sign_in(browser)
    app: Any = browser.app
    ours = app.state.parts.ways["staff"].provider
    known = ours._clock
    provider.published = [new := new_key("newer"), provider.key]
    provider.sign = lambda self, claims: self.signed(claims, key=new, kid="newer")
    told = provider.keys_told
    browser.cookies.clear()
    refused(browser, sign_in(browser))  # Keys that were just asked for aren't asked for again.
    assert provider.keys_told == told
    ours._clock = lambda: known() + KEYS_AGAIN
    assert sign_in(browser).status_code == 303
    ours._clock = known


def test_a_callback_serves_once(browser: Browser) -> None:
    back = returning(to_provider(browser))
    assert browser.get(back).status_code == 303
    browser.cookies.delete("teten_session")
    assert "brugt" in refused(browser, browser.get(back), 400)


def test_another_browser_can_not_finish_what_this_one_began(
    installation: Teten, browser: Browser
) -> None:
    back = returning(to_provider(browser))
    ours = browser.cookies["teten_sign_in"]
    for other in ({}, {"teten_sign_in": "A" * 43}):
        browser.cookies.clear()
        browser.cookies.update(other)
        assert "anden browser" in refused(browser, browser.get(back), 400)
    browser.cookies.clear()
    browser.cookies.set("teten_sign_in", ours)
    assert browser.get(back).status_code == 303  # Nobody else's try has used it up.


def test_a_state_that_nobody_began_is_refused(browser: Browser) -> None:
    to_provider(browser)
    for path in ("?state=invented&code=x", "?code=x", ""):
        refused(browser, browser.get(f"/sign-in/callback{path}"), 400)


def test_a_sign_in_that_takes_too_long_is_begun_again(installation: Teten, clock: Clock) -> None:
    sign_ins = SignIns(installation.log.pool, clock)
    state, begun = sign_ins.begin("staff", "browser", "/")
    clock.passes(minutes=9)
    assert sign_ins.finish(state, "browser") == begun
    state, _ = sign_ins.begin("staff", "browser", "/")
    clock.passes(minutes=10)
    assert sign_ins.finish(state, "browser") is None


def test_a_code_of_another_sign_in_is_refused_by_the_provider_for_want_of_its_verifier(
    browser: Browser,
) -> None:
    stolen, own = (parse_qs(urlsplit(returning(to_provider(browser))).query) for _ in range(2))
    mixed = {"code": stolen["code"][0], "state": own["state"][0], "iss": own["iss"][0]}
    refused(browser, browser.get(f"/sign-in/callback?{urlencode(mixed)}"))


@pytest.mark.parametrize("issuer", ["", "&iss=https://evil.example"])
def test_an_answer_that_does_not_say_whose_it_is_is_refused(browser: Browser, issuer: str) -> None:
    back = returning(to_provider(browser))
    refused(browser, browser.get(re.sub(r"&iss=[^&]*", issuer, back)))


def test_a_provider_that_says_no_is_believed(browser: Browser) -> None:
    [state] = parse_qs(urlsplit(to_provider(browser)).query)["state"]
    refused(browser, browser.get(f"/sign-in/callback?state={state}&error=access_denied"))


def test_whoever_gets_no_role_is_told_so_and_what_to_do(
    browser: Browser, provider: OwnProvider, logged: Callable[[], str]
) -> None:
    provider.claims["realm"] = {"groups": ["canteen"]}
    page = refused(browser, sign_in(browser))
    assert "ingen rolle i Teten" in page
    assert "it-afdeling" in page
    told = logged()
    assert '"why": "no role"' in told
    assert "kons-1" not in told
    assert "account-1" not in told


@pytest.mark.parametrize("employee", ["E-99", None, ["E-1", "E-2"], {"E-1": 1}])
def test_an_account_that_is_nobodys_is_refused(
    browser: Browser, provider: OwnProvider, employee: Any
) -> None:
    provider.claims["employee"] = employee
    assert "hvem kontoen tilhører" in refused(browser, sign_in(browser))


def test_a_provider_that_is_away_is_said_to_be(
    installation: Teten, browser: Browser, tmp_path: Path
) -> None:
    teten = set_up(installation, tmp_path / "claims.toml", "http://127.0.0.1:9")
    with browsing(teten) as client:
        assert "svarer ikke" in refused(client, client.get("/sign-in/oidc"), 503)


def test_a_provider_under_another_name_or_without_tls_is_not_spoken_with(
    installation: Teten, provider: OwnProvider, browser: Browser, tmp_path: Path
) -> None:
    for issuer in (f"{provider.issuer}/", "http://provider.example"):
        with browsing(set_up(installation, tmp_path / "claims.toml", issuer)) as client:
            refused(client, client.get("/sign-in/oidc"), 503)


def test_without_a_provider_there_is_none_to_go_to(installation: Teten) -> None:
    with browsing(installation) as client:
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/citizen").status_code == 404


# Citizens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cpr", ["610190-1001", "6101901001"])
def test_a_citizen_signs_in_to_their_own_case_and_no_other(
    browser: Browser, provider: OwnProvider, cpr: str
) -> None:
    provider.claims = {"cpr": cpr}
    answer = sign_in(browser, "/sign-in/citizen")
    assert answer.headers["location"] == "/min-sag"
    assert "sag A-1" in browser.get("/min-sag").text
    assert browser.get("/v1/cases/A-1").status_code == 200
    assert browser.get("/v1/cases/B-1").status_code == 404


@pytest.mark.parametrize(
    "cpr", [DECLINED, "630390-1003", "soon", "", None, 6101901001, "6101901001 "]
)
def test_a_citizen_without_a_case_is_told_so(
    browser: Browser, provider: OwnProvider, cpr: Any, logged: Callable[[], str]
) -> None:
    provider.claims = {"cpr": cpr}
    page = refused(browser, sign_in(browser, "/sign-in/citizen"))
    assert "630390" not in page + logged()


def test_a_citizens_token_opens_nothing_for_staff(browser: Browser, provider: OwnProvider) -> None:
    provider.claims = {"cpr": OTHER}
    refused(browser, sign_in(browser))
