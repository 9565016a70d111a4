"""What the tests of advisories share."""

import time
from collections.abc import Callable


def growth(work: Callable[[str], object], text: Callable[[int], str], *, size: int) -> float:
    """The growth of processor time when the input grows eightfold: near 8 for linear work, 64 for quadratic."""
    return _seconds(work, text(8 * size)) / _seconds(work, text(size))


def _seconds(work: Callable[[str], object], text: str) -> float:
    """The least of five rounds, each long enough for the clock to tell."""
    rounds = []
    for _ in range(5):
        count, began = 0, time.process_time()
        while time.process_time() - began < 0.005:
            work(text)
            count += 1
        rounds.append((time.process_time() - began) / count)
    return min(rounds)
