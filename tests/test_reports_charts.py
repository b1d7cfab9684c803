"""The figures of the report: what is drawn is what was measured."""

from __future__ import annotations

from conformance.exchanges import Exchange, Received, Sent, Trouble
from conformance.journal import Record
from conformance.judge import judge
from reports.assemble import Facts, assemble
from reports.charts import HEIGHT, LEAST, WIDTH, latency
from tests import reports_sample as sample
from tests.support import CONTRACT


def test_bars_are_as_high_as_their_counts() -> None:
    told = latency(sample.conformant())
    assert told is not None
    assert [bar["height"] for bar in told["bars"]] == [
        round(HEIGHT * 40 / 280, 2), HEIGHT, round(HEIGHT * 48 / 280, 2), 0, LEAST,
    ]  # fmt: skip
    assert all(bar["y"] + bar["height"] == HEIGHT for bar in told["bars"])
    assert told["bars"][-1]["x"] + told["bars"][-1]["width"] < WIDTH
    assert told["bars"][1]["words"] == "below 5 ms: 280 answers"
    assert (told["first"], told["last"]) == ("2 ms", "50 ms")
    assert told["words"] == (
        "Half of the answers came within 3 ms, 95 % within 9 ms, the slowest after 48 ms."
    )


def test_where_nothing_answered_nothing_is_drawn() -> None:
    results = sample.nobody()
    results["summary"]["latency_ms"] = {"p50": None, "p95": None, "max": None, "histogram": []}
    assert latency(results) is None
    del results["summary"]["latency_ms"]["histogram"]  # an earlier version's
    assert latency(results) is None


def test_what_was_measured_is_told_in_steps() -> None:
    def ended(number: int, ms: float, status: int | None) -> Exchange:
        response = Received(status, "", (), b"{}") if status else None
        sent = Sent("POST", "http://target/", (), b"{}")
        trouble: Trouble | None = None if status else "timeout"
        return Exchange(
            str(number), "deterministic", "control", (), sent, response, trouble, 0.0, ms / 1000
        )  # fmt: skip

    times = [(0.04, 200), (1.5, 200), (1.9, 422), (12.0, 200), (5000.0, None)]
    record = Record({}, tuple(ended(n, *each) for n, each in enumerate(times)), {})
    run = {"id": "1", "seed": 0, "started": "", "seconds": 1.0, "cases_sha256": "", "gate": "must",
           "exit_code": 0, "stopped": None}  # fmt: skip
    facts = Facts("1", "http://target/", "spec.yaml", "OTHER_KEY", run, True, {})
    content = assemble(CONTRACT, record, judge(CONTRACT, record), facts)
    assert content["summary"]["statuses"] == {"200": 3, "422": 1, "timeout": 1}
    steps = [
        (each["below"], each["count"]) for each in content["summary"]["latency_ms"]["histogram"]
    ]
    assert steps == [
        (0.1, 1), (0.2, 0), (0.5, 0), (1.0, 0), (2.0, 2), (5.0, 0), (10.0, 0), (20.0, 1),
    ]  # fmt: skip
    assert content["contract"]["document"] == "spec.yaml"
    assert content["target"] == {"url": "http://target/", "api_key_env": "OTHER_KEY"}
