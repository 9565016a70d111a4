"""Removes secrets and personal data from any JSON value before it is stored, logged or sent on."""

import logging
from typing import Any

from events.scrubbing import engine
from events.scrubbing.remarks import Remark, remarks

__all__ = ["Remark", "remarks", "scrub", "scrub_text", "scrub_with_remarks"]

logger = logging.getLogger(__name__)


def scrub(value: Any, *, allow_list: frozenset[str] | None = None) -> Any:
    """The value in the same shape, each secret replaced by a typed marker such as `[email]`.

    Never raises: what cannot be read becomes `[dropped]`. Idempotent. The argument is not changed; branches without a
    secret are shared with it. With an allow list, every leaf without an allowed key on its path is masked as well.
    """
    try:
        return engine.clean(value if allow_list is None else engine.keep_only(value, allow_list))
    except Exception as error:
        logger.warning("scrubbing dropped a value: %s", type(error).__name__)
        return engine.DROPPED


def scrub_text(text: str) -> str:
    """The text, each secret replaced by a typed marker; `[dropped]` when it cannot be read."""
    cleaned = scrub(text)
    return cleaned if type(cleaned) is str else engine.DROPPED


def scrub_with_remarks(value: Any, *, allow_list: frozenset[str] | None = None) -> tuple[Any, tuple[Remark, ...]]:
    """What `scrub` returns, and what it replaced where."""
    cleaned = scrub(value, allow_list=allow_list)
    return cleaned, tuple(remarks(value, cleaned))
