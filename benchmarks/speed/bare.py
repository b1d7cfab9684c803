"""The loops that the suite is held against: HTTPX as one uses it, which sends and judges nothing.

Each sends all requests, some at the same moment, and returns the seconds from the first request to
the last answer. The client and its workers are there before the first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from benchmarks.speed.seen import Headers

Requests = Sequence[tuple[Headers, bytes]]


def with_tasks(url: str, requests: Requests, concurrency: int) -> float:
    """One `httpx.AsyncClient`, and so many tasks that take the next request each."""

    async def loop() -> float:
        following = iter(requests)

        async def worker(client: httpx.AsyncClient) -> None:
            for headers, body in following:
                await client.post(url, content=body, headers=headers)

        async with httpx.AsyncClient() as client:
            start = time.perf_counter()
            await asyncio.gather(*(worker(client) for _ in range(concurrency)))
            return time.perf_counter() - start

    return asyncio.run(loop())


def with_threads(url: str, requests: Requests, concurrency: int) -> float:
    """One `httpx.Client`, and so many threads that take the next request each."""
    following = iter(requests)

    def worker(client: httpx.Client) -> None:
        for headers, body in following:
            client.post(url, content=body, headers=headers)

    with httpx.Client() as client, ThreadPoolExecutor(concurrency) as pool:
        start = time.perf_counter()
        for each in [pool.submit(worker, client) for _ in range(concurrency)]:
            each.result()
        return time.perf_counter() - start
