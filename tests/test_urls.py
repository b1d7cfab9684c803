"""Targets and proxies that an operator names: the host that is meant, and what cannot be one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from runner.settings import Settings, UsageError, api_key, checked
from runner.target import check, route
from spec.document import VENDOR_DOCUMENT
from spec.loader import load
from tests.support import CONTRACT

VENDOR = [
    "https://api.adapty.io", "https://api.adapty.io.", "https://API.Adapty.IO:443/x",
    "https://api.adapty\u3002io", "https://api.adapty\uff0eio", "https://api\uff61adapty.io\u3002",
]  # fmt: skip


@pytest.mark.parametrize("url", VENDOR, ids=ascii)
def test_the_vendor_s_host_is_known_however_it_is_written(url: str) -> None:
    with pytest.raises(UsageError, match=r"^api\.adapty\.io is the vendor's own host"):
        check(checked(Settings(target=url)), CONTRACT, url)


@pytest.mark.parametrize("servers", ["", "servers: [{url: https://sandbox.example.com/v1}]\n",
                                     "servers: [{url: 'https://xn--'}, {url: /v1}]\n"])  # fmt: skip
def test_it_is_the_vendor_s_whatever_an_edition_says(servers: str, tmp_path: Path) -> None:
    text = VENDOR_DOCUMENT.read_text("utf-8")
    edition, changed = re.subn(r"^servers:\n(?:  .*\n)+", servers, text, flags=re.MULTILINE)
    assert changed
    (tmp_path / "edition.yaml").write_text(edition, "utf-8")
    contract = load(tmp_path / "edition.yaml")
    assert contract.servers != CONTRACT.servers
    for url in ("https://api.adapty.io", *(each for each in contract.servers if "example" in each)):
        with pytest.raises(UsageError, match="is the vendor's own host"):
            check(Settings(target=url), contract, url)
    check(Settings(target="http://localhost:1"), contract, "http://localhost:1")


REFUSED = [
    "http://256.256.256.256", "http://[::1]x", "http://xn--", "http://xn--a.example",
    "https://\uff41\uff50\uff49.adapty.io", "http://a..example", f"http://{'a' * 64}.example",
    "http://example/" + "a" * 80_000, "http://", "http://[::1", "http://host?", "http://host/#",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED, ids=lambda each: ascii(each[:40]))
def test_a_target_that_no_request_can_have(url: str) -> None:
    with pytest.raises(UsageError) as error:
        checked(Settings(target=url))
    assert str(error.value).startswith("the target")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    "url",
    ["http://localhost", "http://127.0.0.1:4010/a/b", "http://[::1]:80", "https://stra\xdfe.example",
     "http://a_b:1", "https://example./", "http://example/users/@me"],
)  # fmt: skip
def test_a_target_that_can_be_asked(url: str) -> None:
    assert checked(Settings(target=url)).target == url


PROXIES = [
    "http://256.256.256.256:1",
    "http://[::1]x",
    "http://xn--",
    "http://a..b",
    "",
    "http://a:x",
]


@pytest.mark.parametrize("url", PROXIES)
def test_a_proxy_that_no_request_can_have(url: str) -> None:
    with pytest.raises(UsageError, match="--proxy takes a URL such as"):
        checked(Settings(proxy=url))


@pytest.mark.parametrize(
    "url",
    ["http://me:geheim@host", "me:geheim@host", "http://me:geheim@", "http://me:geheim@[::1",
     "http://me:geheim@host:99999", "http://me:geheim@256.256.256.256", "http://me:ge/geheim@host",
     "http://me:geheim/x@host", "me:geheim@host://x", "ftp://me:geheim@host", "http://[geheim@host",
     "me:x/geheim@host"],
)  # fmt: skip
def test_a_password_in_a_url_is_not_shown(url: str) -> None:
    for settings in (Settings(target=url), Settings(proxy=url)):
        with pytest.raises(UsageError) as error:
            checked(settings)
        assert "geheim" not in str(error.value)
        assert "me:g" not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [{"api_key_env": "secret_live_abc.def"}, {"api_key_env": "secret_live_abc"},
     {"proxy": "http://proxy", "proxy_auth_env": "me:geheim"},
     {"proxy": "http://proxy", "proxy_auth_env": "geheim"}],
)  # fmt: skip
def test_a_secret_in_the_place_of_its_variable_is_not_shown(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        checked(Settings(**given))
    assert "takes the name of a variable" in str(error.value)
    assert "geheim" not in str(error.value)
    assert "secret_live" not in str(error.value)


def test_a_variable_may_be_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("sandbox_key", "secret")
    assert checked(Settings(api_key_env="sandbox_key")).api_key_env == "sandbox_key"


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(UsageError, match="set SANDBOX_KEY_2"):
        api_key(checked(Settings(api_key_env="SANDBOX_KEY_2")), {})


def test_a_proxy_s_password_that_is_no_text() -> None:
    settings = checked(Settings(proxy="http://proxy", proxy_auth_env="PROXY"))
    with pytest.raises(UsageError, match=r"^PROXY holds bytes that are no UTF-8$") as error:
        route(settings, {"PROXY": b"me:\xff".decode("utf-8", "surrogateescape")})
    assert "udcff" not in ascii(str(error.value))


@pytest.mark.parametrize(
    "given",
    [{"timeout": float("inf")}, {"timeout": float("nan")}, {"timeout": -float("inf")},
     {"rate": "9" * 400}, {"rate": "0." + "0" * 400 + "1"}, {"time": "9" * 400},
     {"time": "9" * 308 + "h"}],
    ids=lambda each: f"{each}"[:30],
)  # fmt: skip
def test_a_time_and_a_rate_have_an_end(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        checked(Settings(**given))
    assert "it takes" in str(error.value)
    assert len(str(error.value)) < 200


def test_a_name_that_no_configuration_has() -> None:
    with pytest.raises(UsageError, match=r"http://nowhere\? .* no \[targets.nowhere\]"):
        checked(Settings(target="nowhere"))


def test_an_empty_name_of_a_file_is_none() -> None:
    empty = checked(Settings(known="", spec="", ca="", client_cert="", client_key=""))
    assert empty == Settings()
    with pytest.raises(UsageError, match="--report-dir is empty; name a folder"):
        checked(Settings(report_dir=""))
    with pytest.raises(UsageError, match="it takes the UUID of an app"):
        checked(Settings(expect_app_id=""))  # a variable that a job lacks must not open every app
