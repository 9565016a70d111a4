"""What is given up first, and that it comes back."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.accounts import keys
from events.ingest import accounting, pressure
from events.ingest.pressure import CALM, CLOSED, ERRORS_ONLY, TELEMETRY, Marks, Signals, judge
from events.models import InboxItem, IngestKey, Project

MARKS = {TELEMETRY: Marks(300, 0.5, 1000), ERRORS_ONLY: Marks(1200, 0.8, 500), CLOSED: Marks(float("inf"), 1.0, 100)}


@pytest.mark.parametrize(
    ("level", "signals", "expected"),
    [
        (CALM, Signals(), CALM),
        (CALM, Signals(inbox_seconds=299), CALM),
        (CALM, Signals(inbox_seconds=300), TELEMETRY),
        (TELEMETRY, Signals(inbox_seconds=200), TELEMETRY),
        (TELEMETRY, Signals(inbox_seconds=179), CALM),
        (TELEMETRY, Signals(inbox_seconds=1200), ERRORS_ONLY),
        (ERRORS_ONLY, Signals(inbox_seconds=800), ERRORS_ONLY),
        (ERRORS_ONLY, Signals(inbox_seconds=700), TELEMETRY),
        (ERRORS_ONLY, Signals(inbox_seconds=0), CALM),
        (CALM, Signals(spool_used=0.5), TELEMETRY),
        (CALM, Signals(spool_used=0.9), ERRORS_ONLY),
        (CALM, Signals(free_bytes=99), CLOSED),
        (CLOSED, Signals(free_bytes=150), CLOSED),
        (CLOSED, Signals(free_bytes=10_000), CALM),
        (CALM, Signals(inbox_seconds=10**9), ERRORS_ONLY),
    ],
)
def test_levels_are_entered_at_a_mark_and_left_well_below_it(level: int, signals: Signals, expected: int) -> None:
    assert judge(level, signals, marks=MARKS) == expected


@pytest.mark.parametrize(
    ("level", "shed", "kept"),
    [
        (CALM, [], ["error", "log", "vital", "session"]),
        (TELEMETRY, ["log", "vital", "span", "transaction", "metric"], ["error", "session", "feedback", "check_in"]),
        (ERRORS_ONLY, ["log", "session", "feedback"], ["error", "security"]),
        (CLOSED, ["log", "error"], []),
    ],
)
def test_errors_are_the_last_to_go(level: int, shed: list[str], kept: list[str]) -> None:
    assert all(pressure.is_shed(kind, level) for kind in shed)
    assert not any(pressure.is_shed(kind, level) for kind in kept)


def test_the_oldest_fresh_item_tells_how_far_the_digest_is_behind(
    project: Project, now: datetime, settings: Any
) -> None:
    for minutes, attempts in ((90, 3), (7, 0), (1, 0)):
        InboxItem.objects.create(
            project=project, kind="error", item_id=uuid.uuid4(), received_at=now - timedelta(minutes=minutes),
            payload=b"", attempts=attempts,
        )  # fmt: skip
    assert pressure.read(now=now).inbox_seconds == 7 * 60


@pytest.fixture
def level(clean_redis: Any) -> Any:
    keys.forget()
    accounting.refusals.__init__()  # type: ignore[misc]
    yield lambda value: setattr(pressure.gauge, "level", value)
    pressure.gauge.level = CALM


def post(client: Client, key: IngestKey, *kinds: str) -> Any:
    bodies = {
        "event": {"message": "kept"},
        "log": {"items": [{"timestamp": 1.0, "level": "info", "body": "shed", "trace_id": "0" * 32}]},
    }
    lines = [json.dumps({"event_id": uuid.uuid4().hex})]
    for kind in kinds:
        lines += [json.dumps({"type": kind, "item_count": 1}), json.dumps(bodies[kind])]
    return client.generic(
        "POST", f"/api/{key.project_id}/envelope/?sentry_key={key.public_key}", "\n".join(lines).encode()
    )


def test_under_pressure_logs_are_shed_and_the_error_beside_them_is_kept(
    client: Client, key: IngestKey, level: Any
) -> None:
    level(TELEMETRY)
    response = post(client, key, "event", "log")
    assert response.status_code == 200
    assert response["X-Sentry-Rate-Limits"].endswith(":organization:shed")
    assert [item.kind for item in InboxItem.objects.all()] == ["error"]
    accounting.refusals.flush(now=timezone.now())
    report = accounting.report()
    assert (report.rate_limited, report.in_inbox, report.difference) == (1, 1, 0)


def test_a_full_house_answers_503(client: Client, key: IngestKey, level: Any) -> None:
    level(CLOSED)
    response = post(client, key, "event")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    level(CALM)
    assert post(client, key, "event").status_code == 200
