"""The page of the server itself: lags, ledger, stores; and the bundle for who helps."""

import io
import json
import uuid
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import HouseTrouble
from analytics.tests import facts
from dashboard.pages.system import presenting, reading
from events.ingest.accounting import Report
from events.models import AuditEntry, DeadLetter, FactChange, OutcomeCount, Project


def test_only_superusers_look_and_take_the_bundle(as_alice: Client, as_root: Client) -> None:
    assert as_alice.get("/system/").status_code == 404
    assert as_alice.post("/system/bundle/").status_code == 404
    assert as_root.get("/system/bundle/").status_code == 405
    assert as_root.get("/system/").status_code == 200


def test_it_says_what_waits_and_what_is_kept(as_root: Client, project: Project) -> None:
    now = timezone.now()
    facts.store(project, "logs", facts.log("hello", at=now), now=now)
    OutcomeCount.objects.create(
        project=project, hour=now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1), category="log",
        outcome="received", quantity=120,
    )  # fmt: skip
    html = as_root.get("/system/").content.decode()
    for words in ("The way of a record", "Alert rules", "Own statements", "Largest tables", "PostgreSQL", "DuckDB"):
        assert words in html
    found = reading.read(now=timezone.now())
    assert [(one.fact, one.rows, one.days) for one in found.facts] == [("logs", 1, 30)]
    assert found.rate[-2] == 120
    assert presenting.rate(found).a_minute == "2"
    assert found.report.difference == 120
    assert "120 records are unaccounted for" in html
    assert next(one for one in found.lags if one.name == "Rollups").waiting == FactChange.objects.count()


def test_a_lag_is_late_after_its_limit(now: datetime) -> None:
    limit = timedelta(minutes=5)
    early = reading.Lag("Outbox", 3, now - limit, limit)
    late = reading.Lag("Outbox", 3, now - limit - timedelta(seconds=1), limit)
    assert (early.is_late(now), late.is_late(now)) == (False, True)
    shown = presenting.lag(late, now=now)
    assert (shown.state, shown.age, shown.limit, shown.waiting) == ("late", "5.0 min", "5.0 min", "3")
    assert presenting.lag(reading.Lag("Spool", 0, None, limit, "empty"), now=now).state == "empty"
    assert presenting.lag(reading.Lag("Clock", None, None, limit, "no heartbeat yet"), now=now).tone == "warn"
    assert not reading.Lag("Outbox", 0, now + limit, limit).is_late(now)  # a clock that was set back


def test_the_first_sentence_names_what_is_wrong(project: Project) -> None:
    now = timezone.now()
    found = reading.read(now=now)
    late = presenting.verdict(found, troubles=1)
    assert late.tone == "bad"
    assert "1 trouble of this server" in late.words


def test_every_term_of_the_equation_is_shown() -> None:
    report = Report(28, 1, 2, 3, 4, 5, 6, 7, {"bot": 0, "origin": 0})
    names = [name for name, _ in presenting.terms(report)]
    assert names == [
        "stored", "duplicate", "filtered: bot", "filtered: origin", "rate limited", "invalid", "in the inbox",
        "in the spool", "dead letters",
    ]  # fmt: skip
    assert sum(count for _, count in presenting.terms(report)) == report.received


def test_the_bundle_helps_and_tells_no_secret(
    as_root: Client, project: Project, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OBS_VAR_DIR = tmp_path
    (tmp_path / "log").mkdir()
    secret = "sk" + "_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    lines = "".join(f"line {n} of mail alice@example.org password={secret}\n" for n in range(400))
    (tmp_path / "log" / "worker.log").write_text(lines)
    monkeypatch.setenv("OBS_AUDIT_KEY", "a-key-that-nobody-may-read-in-here")
    HouseTrouble.objects.create(name="outbox", since=timezone.now(), words="Messages wait")
    sent = {"kind": "error", "item_id": uuid.uuid4(), "attempts": 5}
    DeadLetter.objects.create(
        project=project, error=f"bad {secret}", payload=b"what people sent", received_at=timezone.now(), **sent
    )
    answer = as_root.post("/system/bundle/")
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {"reading.json", "settings.json", "packages.json", "migrations.json", "log/worker.log"} <= set(texts)
    assert "OBS_AUDIT_KEY" in json.loads(texts["settings.json"])["set"]
    assert len(texts["log/worker.log"].splitlines()) == 300
    assert "Messages wait" in texts["troubles.json"]
    for text in texts.values():
        for hidden in (secret, "alice@example.org", "a-key-that-nobody", "what people sent", settings.SECRET_KEY):
            assert hidden not in text
    assert AuditEntry.objects.filter(action="system.bundle").count() == 1
