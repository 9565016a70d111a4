"""One try to deliver one message, over the network and without the database."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.delivery.channels import KINDS, DeliveryError
from alerts.delivery.messages import Message

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a try; `status` is None without an answer, seconds in `retry_after`."""

    is_sent: bool = False
    status: int | None = None
    error: str = ""
    retry_after: float | None = None
    is_permanent: bool = False
    remote_id: str = ""
    latency_ms: int | None = None
    wait: float = 0.0

    @property
    def words(self) -> str:
        """The outcome for people: never more of a stranger's answer than its status."""
        status = f" ({self.status})" if self.status else ""
        return f"Delivered{status} in {self.latency_ms} ms." if self.is_sent else self.error


def make(
    kind: str, config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> Outcome:
    """The outcome of sending the message once; never raises, so that one bad message stops no other."""
    try:
        sent = KINDS[kind].send(config, message, now=now, minimal=minimal, before=before)
    except DeliveryError as error:
        return Outcome(
            status=error.status,
            error=error.reason[:200],
            retry_after=error.retry_after,
            is_permanent=error.is_permanent,
        )
    except Exception as error:
        log.exception("A message of kind %s could not be built or sent.", kind)
        return Outcome(error=f"Internal error: {type(error).__name__}.")
    return Outcome(
        is_sent=True, status=sent.status, remote_id=sent.remote_id, latency_ms=sent.latency_ms, wait=sent.wait
    )
