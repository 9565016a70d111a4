"""`compact` and `prune`: thin, and they say what they did."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.facts import segments
from events.facts.compaction import FAN
from events.tests import rows

pytestmark = pytest.mark.django_db


def test_compact_says_what_it_merged(project: Any, capsys: Any) -> None:
    for n in range(FAN):
        rows.store(project, rows.error(n, at=timezone.now()), now=timezone.now())
    call_command("compact")
    assert f"{FAN} segments became 1 ({FAN} facts), 0 failed" in capsys.readouterr().out
    assert len(segments.select(project.pk, "errors")) == 1


def test_prune_retires_what_is_past_its_retention(project: Any, capsys: Any) -> None:
    project.retention_days = {"errors": 30}
    project.save()
    now = timezone.now()
    rows.store(project, rows.error(1, at=now - timedelta(days=40)), rows.error(2, at=now), now=now)
    call_command("prune")
    assert "1 segments retired" in capsys.readouterr().out
    assert len(segments.select(project.pk, "errors")) == 1
