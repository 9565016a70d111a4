"""What went wrong at ClickHouse, in the words of the contract; nothing of it names a credential."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings

from analytics.engine.contract import EngineAway, EngineError, QueryTimeout, QueryTooLarge, SegmentMissing

logger = logging.getLogger(__name__)

_CODE = re.compile(r"\bcode:? ?(\d+)", re.IGNORECASE)
TIMEOUTS = {159, 209}  # TIMEOUT_EXCEEDED, SOCKET_TIMEOUT
TOO_LARGE = {241, 307, 396}  # MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES
MISSING = {107}  # FILE_DOESNT_EXIST
STORE = 499  # S3_ERROR
REFUSED = {192, 193, 194, 497, 516}  # who asks is not known, or may not


class Failure(Exception):
    """What the server says of a question that it did not answer, as it says it."""


class Unreachable(Exception):
    """No answer from the server at all."""


@contextmanager
def named(listed: Sequence[str]) -> Iterator[None]:
    """Turn the server's failures into EngineErrors, which name the segment where it is one of `listed`."""
    try:
        yield
    except Unreachable:
        raise EngineAway("The query engine cannot be reached.") from None
    except Failure as failure:
        logger.warning("ClickHouse did not answer: %s", scrubbed(str(failure)))
        raise error_of(str(failure)[:8000], listed) from None


def error_of(text: str, listed: Sequence[str]) -> EngineError:
    """Return the error for what the server said; of its text only the name of a segment and its code are kept."""
    found = _CODE.search(text)
    code = int(found[1]) if found else 0
    if code in TIMEOUTS:
        return QueryTimeout(f"No answer within {settings.OBS_QUERY_TIMEOUT_SECONDS:g} seconds.")
    if code in TOO_LARGE:
        return QueryTooLarge(f"The question needs more than {settings.OBS_QUERY_MEMORY_MB} MB.")
    if code in REFUSED:
        return EngineAway("The query engine does not let this server in.")
    segment = next((path for path in listed if path in text), None)
    if segment is None:
        return EngineError(f"The query engine could not answer (code {code}).")
    is_missing = code in MISSING or (code == STORE and re.search(r"does not exist|not found|NoSuchKey|404", text, re.I))
    return SegmentMissing(segment) if is_missing else EngineError(f"The segment {segment} is damaged.")


def scrubbed(text: str) -> str:
    """Return what the server said without the credentials that lead to it, bounded."""
    for secret in filter(None, (settings.OBS_CLICKHOUSE_PASSWORD,)):
        text = text.replace(secret, "***")
    return text[:2000]
