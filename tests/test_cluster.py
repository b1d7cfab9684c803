"""A fuzz on a Dask cluster: a real scheduler, and two workers in processes of their own."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runner import cluster as cluster_of
from tests.support import KEY, PROGRAM, assert_secret, command, environment, failing, mock, results
from tests.test_fuzz import GENDER, notes, started, wait

pytestmark = pytest.mark.long

QUIET = {"DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}


@dataclass
class Cluster:
    """The scheduler's address, and the processes."""

    address: str
    folder: Path
    stack: ExitStack

    def start(self, *arguments: str, key: str | None = KEY) -> subprocess.Popen[bytes]:
        """Start a part of it; it ends with the test."""
        process = subprocess.Popen(
            [PROGRAM.with_name("dask"), *arguments, "--host", "127.0.0.1"], cwd=self.folder,
            env=environment(key, QUIET), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def worker(self, key: str | None = KEY) -> subprocess.Popen[bytes]:
        """Start a worker that nothing starts again."""
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny",
                          "--no-dashboard", key=key)  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "cluster").mkdir()
    with ExitStack() as stack:
        found = Cluster(f"tcp://127.0.0.1:{port}", tmp_path / "cluster", stack)
        found.start("scheduler", "--port", str(port), "--no-dashboard", "--no-show")
        wait(lambda: _listens(port))
        yield found


def _listens(port: int) -> bool:
    with socket.socket() as each:
        return each.connect_ex(("127.0.0.1", port)) == 0


def _workers(cluster: Cluster) -> int:
    distributed: Any = importlib.import_module("distributed")
    with distributed.Client(cluster.address, set_as_default=False) as client:
        return len(client.nthreads())


def test_its_workers_share_the_batches(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    cluster.worker()
    wait(lambda: _workers(cluster) == 2)
    received = []
    with mock(broken=GENDER, twist=lambda *told: received.append(told)) as url:
        run = command("fuzz", url, "--dask", cluster.address, "--requests", "900", cwd=tmp_path)
    assert run.returncode == 1, run.stderr
    content = results(tmp_path)
    assert failing(content) == {GENDER}
    assert content["fuzz"]["workers"] == 2
    assert 600 < content["summary"]["requests"] <= 900
    assert len(received) == content["summary"]["requests"]
    numbers = [each["number"] for each in notes(tmp_path, "batch")]
    assert sorted(numbers) == list(range(len(numbers)))
    assert_secret(tmp_path, run.stdout, run.stderr)


BOTH = threading.Barrier(2)


def _wait(run: str, throttled: bool) -> float:
    """Runs on one of two threads of a worker: how long it is to wait once both know all."""
    pace, now = cluster_of.pace(run), time.time()
    if throttled:
        pace.throttled(now, now, 20.0, 0)
    BOTH.wait(10)
    return pace.wait(now)


def test_the_threads_of_a_worker_hold_back_together() -> None:
    distributed: Any = importlib.import_module("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        for run, throttled, longest in (("one", True, 20), ("another", False, 0)):
            waits = [client.submit(_wait, run, each, pure=False) for each in (throttled, False)]
            assert [max(0, round(each.result(10))) for each in waits] == [longest, longest]


def test_a_worker_that_is_lost_loses_no_batch(cluster: Cluster, tmp_path: Path) -> None:
    mortal = cluster.worker()
    cluster.worker()
    wait(lambda: _workers(cluster) == 2)
    with (
        mock() as url,
        started(tmp_path, url, "--dask", cluster.address, "--requests", "4000") as run,
    ):
        wait(lambda: len({each["worker"] for each in notes(tmp_path, "batch")}) == 2)
        mortal.kill()
        said, errors = run.communicate(timeout=100)
    assert run.returncode == 0, said + errors
    found = notes(tmp_path, "batch")
    assert sorted(each["number"] for each in found) == list(range(len(found)))
    assert len({each["worker"] for each in found}) == 2
    assert len(found) >= 5


def test_a_worker_that_joins_without_the_key_ends_it_in_a_sentence(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker()
    wait(lambda: _workers(cluster) == 1)
    with mock() as url, started(tmp_path, url, "--dask", cluster.address) as run:
        wait(lambda: notes(tmp_path, "batch"))
        cluster.worker(key=None)
        said, errors = run.communicate(timeout=60)
    assert run.returncode == 3, said + errors
    assert errors == ""
    assert "\nThe Dask cluster cannot go on: no API key: set ADAPTY_API_KEY" in said
    assert results(tmp_path)["fuzz"]["batches"] >= 1


def test_ctrl_c_on_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    cluster.worker()
    with mock(broken=GENDER) as url:
        wait(lambda: _workers(cluster) == 1)
        with started(tmp_path, url, "--dask", cluster.address) as run:
            wait(lambda: notes(tmp_path, "batch"))
            os.killpg(run.pid, signal.SIGINT)
            _, errors = run.communicate(timeout=60)
    assert run.returncode == 130, errors
    assert failing(results(tmp_path)) == {GENDER}


def test_a_cluster_that_cannot_is_one_sentence(cluster: Cluster, tmp_path: Path) -> None:
    def said(address: str) -> str:
        run = command("fuzz", "http://127.0.0.1:9", "--dask", address, cwd=tmp_path)
        assert run.returncode == 2, run.stdout + run.stderr
        assert run.stderr.count("\n") == 1
        return run.stderr

    assert "has no workers; start some" in said(cluster.address)
    cluster.worker(key=None)
    wait(lambda: _workers(cluster) == 1)
    assert "has no API key: set ADAPTY_API_KEY in its environment" in said(cluster.address)
    assert "no Dask scheduler answers at tcp://127.0.0.1:9; is it" in said("tcp://127.0.0.1:9")
