"""The token buckets of ingest: many threads at once, from the first request on."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from events.endpoints.admission.buckets import Buckets

THREADS = 8


@pytest.fixture(autouse=True)
def threads_that_take_turns_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_first_requests_may_come_together(clean_redis: Any) -> None:
    for turn in range(20):
        buckets, start = Buckets(), threading.Barrier(THREADS)

        def take(buckets: Buckets = buckets, start: threading.Barrier = start, turn: int = turn) -> float:
            start.wait()
            return buckets.take(f"key:{turn}", rate_per_minute=60_000)

        with ThreadPoolExecutor(THREADS) as pool:
            waits = [future.result() for future in [pool.submit(take) for _ in range(THREADS)]]
        assert waits == [0.0] * THREADS


def test_one_bucket_is_emptied_once_however_many_ask(clean_redis: Any) -> None:
    buckets = Buckets()
    with ThreadPoolExecutor(THREADS) as pool:
        waits = list(pool.map(lambda _: buckets.take("key:1", rate_per_minute=60), range(40)))
    assert 1 <= waits.count(0.0) <= 11
    assert all(wait <= 60 for wait in waits)
