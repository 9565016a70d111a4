"""How far something long is: domain functions hand what they go through to a watch, and do not know who looks."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Watch(Protocol):
    """Returns the same items; somebody may see them pass."""

    def __call__(self, items: Iterable[T], *, total: int | None = None) -> Iterable[T]: ...


def unwatched(items: Iterable[T], *, total: int | None = None) -> Iterable[T]:
    """Nobody looks."""
    return items
