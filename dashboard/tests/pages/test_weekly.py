"""The weekly report: what is in it, who gets it, and that nobody gets it twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from dashboard.pages.reports import weekly
from dashboard.tests import hostile
from dashboard.tests import populated_performance as populated
from events.models import Membership, Project
from formaos_obs.tests.shared import Kept, kept

MONDAY = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def kept_week(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    def fill() -> Project:
        project = Project.objects.create(slug="web", name="Web")
        populated.store(project, now=MONDAY - timedelta(hours=8))
        return project

    with kept(django_db_blocker, tmp_path_factory.mktemp("week"), fill) as week:
        yield week


@pytest.fixture
def segment_root(kept_week: Kept) -> Path:
    return kept_week.segments


@pytest.fixture
def project(db: None, kept_week: Kept) -> Project:
    return Project.objects.get(pk=kept_week.made.pk)


def ask_for_it(user: Any) -> None:
    user.email = f"{user.get_username()}@example.org"
    user.save()
    Membership.objects.filter(user=user).update(gets_weekly_report=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-W47", date(2026, 11, 16)),
        ("2026-11-18", date(2026, 11, 16)),
        ("2026-11-16", date(2026, 11, 16)),
        ("", date(2026, 11, 16)),
        ("nonsense", date(2026, 11, 16)),
        ("9999-12-31", date(2026, 11, 23)),
    ],
)
def test_a_week_is_named_by_its_number_or_a_day(text: str, expected: date) -> None:
    assert weekly.named(text, now=MONDAY) == expected


def test_the_report_is_of_its_week_only(project: Project) -> None:
    report = weekly.weekly(project, date(2026, 11, 16), now=MONDAY)
    assert not report.is_empty
    assert {one.route for one in report.busiest} == set(populated.ROUTES)
    assert sum(one.count for one in report.busiest) == 400
    assert weekly.weekly(project, date(2026, 11, 2), now=MONDAY).is_empty


def test_the_first_week_has_nothing_before_it(project: Project, as_alice: Client, alice: Any) -> None:
    first = weekly.weekly(project, date(2026, 11, 16), now=MONDAY)
    assert set(first.changes.values()) == {"first week measured", "nothing measured"}
    assert "first week measured" in str(weekly.mail(project, first, to="alice@example.org").body)
    html = as_alice.get("/p/web/reports/weekly/?week=2026-11-16").content.decode()
    assert "the first week measured" in html
    assert "nothing to compare with" not in html
    populated.store(project, now=MONDAY - timedelta(days=7, hours=8))
    second = weekly.weekly(project, date(2026, 11, 16), now=MONDAY)
    assert not second.is_first
    assert second.changes["throughput"] == "no clear change"


def test_members_who_asked_get_one_mail_from_seven_on(project: Project, alice: Any, bob: Any) -> None:
    ask_for_it(alice)
    assert weekly.send_due(now=MONDAY - timedelta(minutes=1)) == 0
    assert weekly.send_due(now=MONDAY) == 1
    assert weekly.send_due(now=MONDAY + timedelta(minutes=5)) == 0
    [sent] = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert "GET /items/{id}" in sent.body
    assert "/p/web/reports/weekly/?week=2026-11-16" in sent.body
    html = sent.alternatives[0][0]
    assert hostile.XSS[0] not in html
    assert "&lt;script&gt;" in html
    assert weekly.send_due(now=MONDAY + timedelta(days=7)) == 1


def test_a_mail_server_that_is_down_is_tried_again_for_a_day(project: Project, alice: Any, settings: Any) -> None:
    ask_for_it(alice)
    working = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert weekly.send_due(now=MONDAY) == 0
    settings.EMAIL_BACKEND = working
    assert weekly.send_due(now=MONDAY + timedelta(hours=2)) == 1
    assert not weekly.due(now=MONDAY + timedelta(hours=25)).exists()


def test_people_choose_for_themselves(project: Project, as_bob: Client, bob: Any, alice: Any) -> None:
    as_bob.post("/p/web/reports/weekly/mail/", {"wants": "1"})
    assert list(Membership.objects.filter(gets_weekly_report=True).values_list("user__username", flat=True)) == ["bob"]
    assert "Stop the mails" in as_bob.get("/p/web/reports/weekly/").content.decode()
    as_bob.post("/p/web/reports/weekly/mail/", {"wants": "0"})
    assert not Membership.objects.filter(gets_weekly_report=True).exists()
