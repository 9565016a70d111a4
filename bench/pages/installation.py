"""An installation with many issues and a month of facts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from analytics.rollups import filling
from bench.pages import issues
from events.accounts import projects
from events.ingest import inbox
from events.models import Environment, FactChange, Project, Segment


def prepare(*, issue_count: int) -> tuple[Project, Any]:
    """A project of so many issues without facts, and its owner."""
    now = timezone.now()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    inbox.ensure_partitions(now=now)
    owner = get_user_model().objects.create_superuser("bench", "", os.urandom(8).hex())
    project = projects.create("bench", "Bench", owner=owner, now=now)
    Project.objects.update(first_event_at=now)
    Environment.objects.bulk_create(Environment(project=project, name=name) for name in ("production", "staging"))
    issues.make(project, count=issue_count, now=now)
    return project, owner


def fill(project: Project, draw: Callable[[datetime], None], *, roll_up: Callable[[datetime], None]) -> None:
    """Facts that `draw` makes, counted ahead; says how many there are."""
    began, now = time.perf_counter(), timezone.now()
    draw(now)
    drawn = time.perf_counter()
    issues.count_hours(project, now=now)
    roll_up(now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    segments = Segment.objects.filter(project=project)
    rows, size = sum(segments.values_list("rows", flat=True)), sum(segments.values_list("bytes", flat=True))
    print(
        f"{rows:>12,} facts of {project.issues.count():,} issues, {size / 1e6:,.0f} MB of segments:"
        f" drawn in {drawn - began:.0f} s, counted in {time.perf_counter() - drawn:.0f} s",
        flush=True,
    )


def all_counted(now: datetime) -> None:
    while FactChange.objects.exists():
        filling.roll_up(now=now, seconds=600.0)


def signed_in(owner: Any) -> tuple[Client, dict[str, str]]:
    """A client of Django's, and the cookie of its login."""
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return client, {"name": name, "value": client.cookies[name].value}
