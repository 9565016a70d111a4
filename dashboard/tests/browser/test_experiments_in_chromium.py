"""The pages of an experiment in a real browser: quiet, fitting and usable by ear."""

from typing import Any

import pytest
from django.utils import timezone

from analytics.tests.experiments import make
from dashboard.tests.browser.test_in_chromium import FAULTS, keep
from events.models import Project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_they_are_quiet_and_fit_wide_and_narrow(watch: Any, project: Project) -> None:
    now = timezone.now()
    made = make.running(project, now=now)
    make.people(project, {"control": (600, 0.2), "test": (600, 0.35)}, start=now - 4 * make.DAY)
    draft = make.draft(project, now=now, of=made.flag, key="next", name="The next one")
    base = "/p/web/experiments/"
    for width, theme in ((1440, "light"), (360, "dark")):
        watched = watch(width, theme)
        for path in (base, f"{base}{made.pk}/", f"{base}{draft.pk}/", f"{base}{draft.pk}/edit/"):
            watched.open(path)
            watched.settle()
            keep(watched, f"experiments-{width}-{path.strip('/').replace('/', '-')}")
            assert watched.page.evaluate(FAULTS) == [], path
            assert watched.complaints == [], path
