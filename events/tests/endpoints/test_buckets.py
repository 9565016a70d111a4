"""The token buckets of ingest: many threads at once, from the first request on."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from events.endpoints.admission.buckets import Buckets
from formaos_obs.tests.workers import free_port

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


def test_tokens_are_taken_in_lots_as_far_as_there_are(clean_redis: Any) -> None:
    buckets = Buckets()
    assert buckets.take_some("key:2", 6, rate_per_minute=10, clock=0.0) == (6, 0.0)
    granted, wait = buckets.take_some("key:2", 6, rate_per_minute=10, clock=0.0)
    assert granted == 4
    assert 0 < wait <= 6
    assert buckets.take("key:2", rate_per_minute=10, clock=0.0) > 0
    assert buckets.take_some("key:3", 2000, rate_per_minute=600_000, clock=0.0) == (2000, 0.0)


def test_without_redis_the_process_keeps_the_bucket(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    buckets = Buckets()
    assert buckets.take_some("key:4", 7, rate_per_minute=10, clock=0.0) == (7, 0.0)
    assert buckets.take_some("key:4", 7, rate_per_minute=10, clock=0.0)[0] == 3
    assert buckets.take_some("key:4", 7, rate_per_minute=10, clock=30.0) == (5, pytest.approx(6.0))


def test_one_bucket_is_emptied_once_however_many_ask(clean_redis: Any) -> None:
    buckets = Buckets()
    with ThreadPoolExecutor(THREADS) as pool:
        waits = list(pool.map(lambda _: buckets.take("key:1", rate_per_minute=10), range(40)))
    # A minute's worth, and one more should the test take six seconds.
    assert 10 <= waits.count(0.0) <= 14
    assert all(wait <= 60 for wait in waits)
