"""Workers beside each other: threads, each with a connection of its own, as locks of PostgreSQL know them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import Any

from django.db import connections


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each returned; all begin at the same moment."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            barrier.wait(30)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@contextmanager
def meanwhile(work: Callable[[], Any], *, workers: int) -> Iterator[None]:
    """Inside, so many do this over and over; what one of them raised is raised at the end."""
    stop = Event()

    def run() -> None:
        try:
            while not stop.wait(0.01):
                work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        running: list[Future[None]] = [pool.submit(run) for _ in range(workers)]
        try:
            yield
        finally:
            stop.set()
        for one in running:
            one.result()
