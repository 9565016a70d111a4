"""What Alertmanager (webhook version 4) and Grafana send, pure: https://prometheus.io/docs/alerting/latest/configuration
and https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations

Senders drop what is answered 4xx, so whatever can be read is taken: an alert without a time began when it came, one
without a fingerprint is told by its labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from events.scrubbing import scrub, scrub_text

MOST_ALERTS, MOST_LABELS, MOST_ANNOTATIONS = 1000, 60, 30
NAME, LABEL, ANNOTATION, LINK = 200, 500, 2000, 1000
WATCHDOG = "Watchdog"
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_SEVERITIES = {
    "critical": ("critical", "fatal", "emergency", "page", "p1", "disaster", "alert", "sev1"),
    "error": ("error", "high", "major", "p2", "sev2"),
    "warning": ("warning", "warn", "medium", "minor", "average", "p3", "ticket", "sev3"),
    "info": ("info", "information", "informational", "low", "none", "notice", "debug", "p4", "p5"),
}
_SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words}


class Unreadable(ValueError):
    """What was sent can never be taken; its text says why."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """One alert as others say it stands; scrubbed and cut."""

    fingerprint: str
    name: str
    severity: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    values: Mapping[str, float]
    link: str
    is_on: bool
    starts_at: datetime | None
    ends_at: datetime | None

    @property
    def is_watchdog(self) -> bool:
        """The alert that always fires, so that its silence is noticed."""
        return self.name == WATCHDOG


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brings, and what of it was left out, in words."""

    alerts: tuple[Foreign, ...]
    problem: str = ""


def read(body: bytes) -> Batch:
    """The alerts of one request. Raises Unreadable."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("This is no JSON.") from None
    if not isinstance(sent, dict) or not isinstance(sent.get("alerts"), list):
        raise Unreadable("There is no list of alerts in it.")
    listed = sent["alerts"]
    found = [_alert(one) for one in listed[:MOST_ALERTS] if isinstance(one, dict)]
    if listed and not found:
        raise Unreadable("None of the alerts is an object.")
    left_out = len(listed) - len(found)
    truncated = sent.get("truncatedAlerts")
    left_out += truncated if isinstance(truncated, int) and not isinstance(truncated, bool) and truncated > 0 else 0
    # Repeats within one request: the last one says how it stands.
    alerts = {alert.fingerprint: alert for alert in found}
    return Batch(tuple(alerts.values()), f"{left_out} alerts were left out" if left_out else "")


def _alert(sent: Mapping[str, Any]) -> Foreign:
    labels = _texts(sent.get("labels"), MOST_LABELS, LABEL)
    annotations = _texts(sent.get("annotations"), MOST_ANNOTATIONS, ANNOTATION)
    name = labels.get("alertname") or annotations.get("summary") or annotations.get("title") or "Alert"
    ends_at = _moment(sent.get("endsAt"))
    status = sent.get("status")
    is_on = status != "resolved" if status in ("firing", "resolved") else ends_at is None
    link = next((found for key in ("generatorURL", "panelURL", "dashboardURL") if (found := _link(sent.get(key)))), "")
    return Foreign(
        fingerprint=_fingerprint(sent.get("fingerprint"), labels),
        name=name[:NAME],
        severity=_SEVERITY_OF.get(labels.get("severity", "").strip().lower(), "error"),
        labels=labels,
        annotations=annotations,
        values=_values(sent.get("values")),
        link=link,
        is_on=is_on,
        starts_at=_moment(sent.get("startsAt")),
        ends_at=None if is_on else ends_at,
    )


def _texts(sent: Any, most: int, longest: int) -> dict[str, str]:
    if not isinstance(sent, dict):
        return {}
    found = {_text(name, NAME): value for name, value in list(sent.items())[:most] if isinstance(name, str)}
    plain = {name: value if isinstance(value, str) else json.dumps(value)[:longest] for name, value in found.items()}
    cleaned = scrub({name: value[: 2 * longest] for name, value in plain.items()})
    if not isinstance(cleaned, dict):
        return {}
    return {str(name): _plain(str(value))[:longest] for name, value in cleaned.items()}


def _text(sent: str, longest: int) -> str:
    return _plain(scrub_text(sent[: 2 * longest]))[:longest]


def _plain(text: str) -> str:
    """Without what a database rejects."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _fingerprint(sent: Any, labels: Mapping[str, str]) -> str:
    if isinstance(sent, str) and 0 < len(sent) <= 64 and sent.isascii() and sent.isalnum():
        return sent
    return hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]


def _values(sent: Any) -> dict[str, float]:
    """Of Grafana: the numbers that its expressions had."""
    if not isinstance(sent, dict):
        return {}
    return {_text(str(name), 60): float(value) for name, value in list(sent.items())[:20] if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300  # no NaN either


def _moment(sent: Any) -> datetime | None:
    """The moment; None for the zero of Go, which means that there is none, and for what cannot be read."""
    if not isinstance(sent, str) or len(sent) > 64:
        return None
    try:
        moment = datetime.fromisoformat(sent)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if moment > _EARLIEST else None


def _link(sent: Any) -> str:
    if not isinstance(sent, str) or not sent.startswith(("http://", "https://")) or len(sent) > LINK:
        return ""
    try:
        has_host = bool(urlsplit(sent).hostname)
    except ValueError:
        return ""
    return scrub_text(sent) if has_host and sent.isprintable() else ""
