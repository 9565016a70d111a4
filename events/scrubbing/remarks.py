"""Tells what scrubbing replaced, without telling the secret: path, markers and former length, never a hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

_MARKER = re2.compile(r"\[[a-z0-9_]{2,24}\]")


@dataclass(frozen=True, slots=True)
class Remark:
    path: tuple[str | int, ...]
    rules: tuple[str, ...]
    length: int


def remarks(before: Any, after: Any, path: tuple[str | int, ...] = ()) -> Iterator[Remark]:
    """Yields a remark for each leaf that differs, in the order of the value; paths name the keys of `after`."""
    if before is after:
        return
    if type(before) is dict and type(after) is dict:
        for old, (key, new) in zip(before.values(), after.items(), strict=True):
            yield from remarks(old, new, (*path, key))
    elif type(before) is list and type(after) is list:
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from remarks(old, new, (*path, i))
    elif before != after:
        yield Remark(path, tuple(marker[1:-1] for marker in _MARKER.findall(str(after))), len(str(before)))
