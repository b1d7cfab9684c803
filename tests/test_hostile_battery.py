"""Runs against hostile and broken servers end in time and memory, with a whole and fair report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile import AFTER, SERVERS, complaints
from tests.measuring import measured
from tests.support import assert_secret

pytestmark = pytest.mark.long

# A third of the requests of a whole run, so that all servers together take two minutes rather than
# six; the answers to them are judged by everything. Servers whose answers are too large to be read
# whole are right at first here. benchmarks/hostile.py makes whole runs, of either kind.
SKIPPED = ("request.body.*", "request.header.*", "auth.wrong_key", "timestamp.*")
SOME = ("--phases", "deterministic", *(word for each in SKIPPED for word in ("--skip", each)))
TURNS = [
    (name, right_first)
    for name, server in SERVERS.items()
    for right_first in ((0, AFTER) if server.late else (0,))
    if right_first or not server.bulky
]


@pytest.mark.parametrize(("name", "right_first"), TURNS)
def test_a_run_ends_in_bounds_with_a_true_verdict(
    name: str, right_first: int, tmp_path: Path
) -> None:
    server = SERVERS[name]
    with server.opened(right_first, tmp_path) as (url, options):
        limits = ["--time", f"{server.seconds}s", "--timeout", "0.7"]
        if server.bulky:
            limits += ["--requests", str(2 * AFTER)]
        ended = measured(url, tmp_path, *limits, *SOME, *options)
    assert complaints(server, right_first, ended, server.seconds) == [], ended.said
    assert_secret(tmp_path, ended.said)
