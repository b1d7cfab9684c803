"""How a run ends: hopeless after one answer, cut short, or with a verdict on the gate."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.client import LIMIT
from conformance.exchanges import Exchange
from conformance.journal import Record
from conformance.sending import PROXY
from conformance.verdicts import Verdict
from reports.text import one_line
from runner import known
from runner.settings import Settings
from spec.requirements import Requirement


def hopeless(exchange: Exchange, url: str, settings: Settings) -> str | None:
    """Why a run would prove nothing after this first answer, as a sentence, or None."""
    if settings.proxy and (why := _on_the_way(exchange, url, settings)):
        return why
    status = exchange.status
    if settings.proxy:
        url = f"{url} through the proxy {settings.proxy}"
    if "CERTIFICATE_VERIFY_FAILED" in exchange.detail:
        why = exchange.detail.rpartition("CERTIFICATE_VERIFY_FAILED]")[2].strip()
        return f"{url} shows a certificate that is not trusted ({why}); --ca names an authority"
    if exchange.trouble == "connection":
        return f"{url} gives no HTTP answer ({exchange.detail}); is the server running there?"
    if exchange.trouble == "throttled" and exchange.response is not None:
        after = exchange.response.header("retry-after")
        told = f" (Retry-After: {one_line(after, 40)})" if after else ""
        return (
            f"{url} throttles: it answered {exchange.response.status} to a valid request each time "
            f"that it was sent{told}; run this later, or let the target take more of this key"
        )
    if status is None:
        return f"{url} gives no answer to a valid request ({exchange.detail})"
    if status in (401, 403):
        variable = settings.api_key_env
        return f"{url} answers {status} to the key in {variable}; is it the key of this target?"
    if status == 407:
        return f"{url} answers 407, as only a proxy does; name it with --proxy and --proxy-auth-env"
    if status in (404, 405):
        return f"{url} answers {status}; the operation is not there: check the base URL"
    return None


def _on_the_way(exchange: Exchange, url: str, settings: Settings) -> str | None:
    """Why nothing is proved where a proxy may be to blame: what it lacks, or that nobody knows."""
    proxy, variable = settings.proxy, settings.proxy_auth_env
    if exchange.status == 407 or exchange.detail.startswith(f"{PROXY} 407"):
        if variable:
            return f"the proxy {proxy} answers 407: {variable} holds no user:password that it takes"
        return "the proxy answers 407: name the variable with its user:password (--proxy-auth-env)"
    if exchange.status in (502, 503, 504):
        return (
            f"the proxy {proxy} or {url} behind it answers {exchange.status}; "
            "does the proxy reach the target?"
        )
    if exchange.trouble == "connection" and "CERTIFICATE_VERIFY_FAILED" not in exchange.detail:
        return (
            f"{url} gives no HTTP answer through the proxy {proxy} ({exchange.detail}); "
            "is the proxy running, and does it reach the target?"
        )
    return None


def exit_code(content: Mapping[str, Any], interrupted: bool, strict_known: bool = False) -> int:
    """0 the gate passed, 1 it failed, 3 the target could not be judged, 130 Ctrl-C.

    With `strict_known` a stale entry of the list of known deviations fails the gate too.
    """
    if interrupted:
        return 130
    gated = [
        each
        for each in content["requirements"]
        if content["run"]["gate"] == "should" or each["level"] == "must"
    ]
    verdicts = {each["verdict"] for each in gated}
    stale = any(each["state"] == "stale" for each in content.get("deviations", ()))
    if "fail" in verdicts or (strict_known and stale):
        return 1
    return 3 if content["run"]["stopped"] or "inconclusive" in verdicts else 0


def gated(
    requirements: Mapping[str, Requirement], settings: Settings, left_out: Mapping[str, str]
) -> Callable[[str], bool]:
    """Whether a requirement fails a run by being broken: selected, gated, no known deviation."""
    verdicts = {
        key: Verdict(each, "fail", None, 0, ())
        for key, each in requirements.items()
        if key not in left_out
    }
    if settings.known:
        deviations = known.read(Path(settings.known), list(requirements))
        verdicts, _ = known.excuse(verdicts, deviations, datetime.date.today())
    return lambda key: (
        key in verdicts
        and verdicts[key].name == "fail"
        and (settings.gate == "should" or verdicts[key].requirement.level == "must")
    )


def is_unshown(verdict: Verdict) -> bool:
    """Whether no answer was inconclusive: there was none."""
    return (verdict.reason or "").startswith("nothing showed ")


def why_over(record: Record, *, limits: bool = True) -> str | None:
    """Why a run ended before all was sent, as a sentence, or None; without `limits`, not because
    of one that the operator set."""
    dead = record.notes.get("dead", [])
    notes = record.notes.get("spent", [])
    spent = [each for each in notes if limits or not str(each["why"]).startswith(LIMIT)]
    if dead:
        return f"the target stopped answering after {dead[0]['case']}"
    return str(spent[0]["why"]) if spent else None


def version() -> str:
    """The suite's version."""
    try:
        return importlib.metadata.version("adapty-conformance")
    except importlib.metadata.PackageNotFoundError:
        return "0"
