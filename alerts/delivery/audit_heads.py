"""The head of the audit trail, sent each minute to the address that OBS_AUDIT_HEADS names."""

import json
import logging
from datetime import UTC, datetime

from django.conf import settings

from alerts.delivery import http
from events.accounts import audit

logger = logging.getLogger(__name__)


def send(*, now: datetime) -> bool:
    """Post the head there; False where no address is named or it did not take the head. The next minute tries again.

    The log names no address: what it holds may be a secret.
    """
    if "://" not in settings.OBS_AUDIT_HEADS:
        return False
    head = audit.head()
    body = {"at": now.astimezone(UTC).isoformat(timespec="seconds"), "entry": head.entry_id, "mac": head.mac}
    try:
        answer = http.send(
            settings.OBS_AUDIT_HEADS,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )
    except (http.Refused, http.Unreachable) as error:
        logger.error("The audit head was not sent to OBS_AUDIT_HEADS: %s", error)
        return False
    if not 200 <= answer.status < 300:
        logger.error("OBS_AUDIT_HEADS answered the audit head with %s", answer.status)
        return False
    return True
