"""Rows that the tests of one file share, where making them takes longer than asking about them.

Only for files whose tests read, or write inside the transaction that `db` rolls back: a transactional test empties the
tables when it ends, and the next one would find nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import override_settings

from formaos_obs.tests import emptying


@dataclass(frozen=True)
class Kept:
    """What `fill` made, and where its segments lie; a test's `segment_root` must be that folder."""

    made: Any
    segments: Path


@contextmanager
def kept(blocker: Any, folder: Path, fill: Callable[[], Any]) -> Iterator[Kept]:
    """Have the rows that `fill` makes from here to the end of the block, which empties all tables."""
    with override_settings(OBS_SEGMENT_ROOT=str(folder)), blocker.unblock():
        made = fill()
    yield Kept(made, folder)
    with blocker.unblock():
        # No id is used again, as in a database that lives: what a process remembers by id stays true.
        emptying.empty()
