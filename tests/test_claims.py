"""Batches and requests that processes share out among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.claims import Claims


def test_no_batch_is_given_twice(tmp_path: Path) -> None:
    one, other = Claims(tmp_path, 0, 2), Claims(tmp_path, 0, 2)
    assert [one.batch(), other.batch(), other.batch(), one.batch()] == [0, 1, 2, 3]


@pytest.mark.parametrize(("total", "processes"), [(1, 1), (7, 3), (100, 2), (12_345, 3)])
def test_requests_add_up(total: int, processes: int, tmp_path: Path) -> None:
    claims = [Claims(tmp_path, total, processes) for _ in range(processes)]
    given = 0
    while more := [each.requests() for each in claims if each]:
        given += sum(more)
        if not sum(more):
            break
    assert given == total
    assert [each.requests() for each in claims] == [0] * processes


def test_nobody_is_given_much_at_once(tmp_path: Path) -> None:
    assert Claims(tmp_path, 10_000_000, 1).requests() == 1000
