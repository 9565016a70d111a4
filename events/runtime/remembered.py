"""What one look at a page has read already: the same question within it is answered once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_held: ContextVar[dict[Any, Any] | None] = ContextVar("remembered", default=None)


@contextmanager
def within() -> Iterator[None]:
    """While inside, `once` remembers. Only for requests that change nothing: what they read may be a second old."""
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def once(key: Any, ask: Callable[[], Answer]) -> Answer:
    """What `ask` says, or said before within the same look; asked each time outside of one."""
    held = _held.get()
    if held is None:
        return ask()
    if key not in held:
        held[key] = ask()
    answer: Answer = held[key]
    return answer


def note(key: Any, value: Any) -> None:
    """Remember `value`, where anything is remembered."""
    held = _held.get()
    if held is not None:
        held[key] = value


def noted(key: Any) -> Any:
    """What was remembered under `key`; None for nothing."""
    held = _held.get()
    return held.get(key) if held is not None else None


def is_on() -> bool:
    """Whether anything is remembered."""
    return _held.get() is not None


def forget(key: Any) -> None:
    """Ask again the next time."""
    held = _held.get()
    if held is not None:
        held.pop(key, None)
