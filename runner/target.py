"""Where a run sends: the way there, and whether the operator may mean it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from conformance.profile import APP, DATA
from conformance.secrets import Login
from conformance.sending import Route, tls
from runner.settings import Settings, UsageError
from runner.urls import host
from spec.contract import Contract
from spec.loader import load
from spec.schema import at


def check(
    settings: Settings, contract: Contract, url: str | None, *, limited: bool = False
) -> None:
    """Whether requests may be sent to `url` at all. Raises UsageError with what is to be set.

    At the vendor's own host nothing but the key tells a sandbox from the live app, and each profile
    that is created is a real record. What is `limited` needs no limit of the operator's.
    """
    if settings.expect_app_id is not None:
        try:
            at(contract.responses[contract.success] or {}, (DATA, APP))
        except KeyError as error:
            raise UsageError(
                "--expect-app-id cannot be checked: no answer of this contract names an app"
            ) from error
    if url is None or host(url) not in _vendors(contract):
        return
    missing = []
    if settings.expect_app_id is None:
        missing.append("the app with --expect-app-id UUID")
    if not (settings.requests or limited):
        missing.append("a limit with --requests N")
    if missing:
        raise UsageError(
            f"{host(url)} is the vendor's own host, where only the key tells a sandbox from the "
            "live app, and every profile that is created is a real record; name "
            + " and ".join(missing)
        )


def _vendors(contract: Contract) -> set[str]:
    """The vendor's hosts: another edition of the document need not name the one there is."""
    found = set()
    for each in (*contract.servers, *load().servers):
        with suppress(ValueError):  # a document may say anything
            found.add(host(each))
    return found


def route(settings: Settings, environment: Mapping[str, str] = os.environ) -> Route:
    """The way to the target. Raises UsageError for certificates or a variable that is not there."""
    login: Login | None = None
    if settings.proxy_auth_env:
        user, colon, password = environment.get(settings.proxy_auth_env, "").partition(":")
        if not colon:
            raise UsageError(f"set {settings.proxy_auth_env} to the proxy's user:password")
        try:
            f"{user}{password}".encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"{settings.proxy_auth_env} holds bytes that are no UTF-8") from error
        login = Login(settings.proxy_auth_env, user, password)
    made = Route(settings.ca, settings.client_cert, settings.client_key, settings.proxy, login)
    if settings.ca or settings.client_cert:
        try:
            tls(made)
        except OSError as error:  # ssl.SSLError is one
            files = " or ".join(
                f"--{name} {path}"
                for name, path in (
                    ("ca", settings.ca), ("client-cert", settings.client_cert),
                    ("client-key", settings.client_key),
                )
                if path
            )  # fmt: skip
            why = error.strerror or "no certificates in PEM form, or a key that is not theirs"
            raise UsageError(f"cannot use {files}: {why}") from error
    return made
