"""One day of facts, made once for each file here: its tests ask, and change nothing outside of their transaction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from dashboard.tests import populated_performance
from events.models import Project
from formaos_obs.tests.shared import Kept, kept


@pytest.fixture(scope="module")
def kept_day(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    def fill() -> Project:
        project = Project.objects.create(slug="web", name="Web")
        populated_performance.store(project, now=timezone.now())
        return project

    with kept(django_db_blocker, tmp_path_factory.mktemp("day"), fill) as day:
        yield day


@pytest.fixture
def segment_root(kept_day: Kept) -> Path:
    return kept_day.segments


@pytest.fixture
def project(db: None, kept_day: Kept) -> Project:
    return Project.objects.get(pk=kept_day.made.pk)
