"""Schemathesis alone on the same servers, configured as well as one can for this contract.

It gets the key and a customer's identity, sends only the documented method, and lets its phases and
checks be the default ones. `published` hands it the vendor's document as it is. `corrected` hands
it what our own peer phase uses, with the header and the security scheme that its checks for them
need, and with the prose limits as keywords. What the contract leaves open is not sent there.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.power.processes import completed
from benchmarks.power.score import Heard
from conformance.peer import document
from spec.contract import Contract
from spec.document import VENDOR_DOCUMENT
from spec.loader import load

PEERS = ("published", "corrected")
LIMIT = 120.0  # seconds, then it has found nothing

_SETTINGS = """\
suppress-health-check = ["all"]
request-timeout = {timeout}
[parameters]
{header} = {customer}
[auth.openapi.{scheme}]
api_key = "{word} ${{ADAPTY_API_KEY}}"
[generation]
with-security-parameters = false
database = "none"
[phases.coverage]
unexpected-methods = []
[cache]
enabled = false
"""


def listen(peer: str, url: str, folder: Path, customer: str, seed: int, timeout: float) -> Heard:
    """What Schemathesis says of a server. `folder` is its working directory, and keeps its log."""
    source = prepared(peer, folder, customer, timeout)
    report = folder / "report.json"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(source), "--url", url,
        "--seed", str(seed), "--report-json-path", str(report), "--no-color",
    ]  # fmt: skip
    began = time.monotonic()
    code = completed(command, folder, folder / "log.txt", LIMIT)
    seconds = round(time.monotonic() - began, 1)
    if code is None:
        return Heard(False, seconds=seconds, note=f"stopped after {LIMIT:.0f} s")
    told = json.loads(report.read_bytes()) if report.exists() else {}
    return heard(told, code, seconds)


def prepared(peer: str, folder: Path, customer: str, timeout: float) -> Path:
    """The document that a peer is given; its settings are written into `folder`."""
    contract = _contract()
    folder.mkdir(parents=True, exist_ok=True)
    source, text = VENDOR_DOCUMENT, settings(contract, customer, timeout)
    if peer == "corrected":
        source = folder / "contract.json"
        source.write_text(json.dumps(corrected(contract)), "utf-8")
        text = f'hooks = "benchmarks.power.hooks"\n{text}'
    (folder / "schemathesis.toml").write_text(text, "utf-8")
    return source


def heard(report: dict[str, Any], exit_code: int, seconds: float) -> Heard:
    """The reading of Schemathesis' own report: exit code 1 is its word for a finding."""
    reasons = [each["title"] for each in (*report.get("failures", ()), *report.get("errors", ()))]
    return Heard(
        finds=exit_code == 1,
        reasons=tuple(dict.fromkeys(reasons)),
        requests=report.get("test_cases", {}).get("generated", 0),
        seconds=seconds,
        note="" if exit_code in (0, 1) else f"exit code {exit_code}",
    )


def settings(contract: Contract, customer: str, timeout: float) -> str:
    """The text of schemathesis.toml; the key comes from the environment."""
    return _SETTINGS.format(
        timeout=timeout,
        header=_identity(contract),
        customer=json.dumps(customer),
        scheme=_scheme(contract),
        word=contract.credential.scheme,
    )


def corrected(contract: Contract) -> dict[str, Any]:
    """The document of our own peer phase, with all that Schemathesis can check beside it."""
    responses = {status: _opened(schema) for status, schema in contract.responses.items()}
    made = document(replace(contract, responses=responses))
    operation = made["paths"][contract.path][contract.method.lower()]
    operation["security"] = [{_scheme(contract): []}]
    operation["parameters"] = [
        {
            "name": _identity(contract),
            "in": "header",
            "required": True,
            "schema": {"type": "string"},
        }
    ]
    scheme = {"type": "apiKey", "in": "header", "name": contract.credential.header}
    made["components"] = {"securitySchemes": {_scheme(contract): scheme}}
    return made


@cache
def _contract() -> Contract:
    return load()


def _identity(contract: Contract) -> str:
    header = contract.header("customer")
    assert header is not None
    return header.name


def _scheme(contract: Contract) -> str:
    return str(next(iter(contract.document.data["components"]["securitySchemes"])))


def _opened(node: Any) -> Any:
    """A schema whose patterns are those of the most generous reader: the rest is open."""
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    opened = {key: _opened(value) for key, value in node.items()}
    if "x-open-pattern" in node:
        opened["pattern"] = node["x-open-pattern"]
    return opened
