"""The demo goes through the real door and looks like a project in use."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from analytics import engine
from analytics.periods import Period
from analytics.questions.hosts import hosts
from analytics.questions.performance import slow_queries
from analytics.questions.vitals import vitals
from analytics.rollups import filling
from events import demo
from events.demo import people, speed
from events.ingest import accounting
from events.models import Deploy, Feedback, Group, Issue, Occurrence, Project, Segment

FACTS = {
    "vitals", "errors", "sessions", "requests", "queries", "spans", "logs", "metrics", "check_ins", "security",
    "events",
}  # fmt: skip


@pytest.mark.django_db
def test_it_fills_every_page(now: datetime) -> None:
    done = demo.seed("shop", days=6, events=250, seed=4, now=now)
    project = Project.objects.get(slug="shop")
    issues = Issue.objects.filter(project=project)
    assert project.is_demo
    assert 20 <= issues.count() <= 40
    thrown = issues.exclude(type="csp")
    assert thrown.aggregate(total=Sum("event_count"))["total"] == len(done.errors) == 250
    assert issues.filter(type="csp").exists()
    assert set(issues.values_list("status", flat=True)) == {"unresolved", "resolved", "ignored"}
    assert issues.filter(is_regressed=True).exists()
    assert project.releases.count() >= 3
    assert Deploy.objects.filter(release__project=project, environment="production").count() >= 3
    assert Feedback.objects.filter(project=project, event_id__in=Occurrence.objects.values("event_id")).exists()
    with_login = project.persons.filter(properties__has_key="role").count()
    assert 10 <= with_login == project.persons.count() <= len(people.NAMED), "nobody else is a person"
    assert 5 <= Group.objects.filter(project=project, type="company").count() <= len(people.ACCOUNTS)
    assert set(Segment.objects.filter(project_id=project.pk).values_list("fact", flat=True)) >= FACTS


@pytest.mark.django_db
def test_its_traces_loops_hosts_and_countries_can_be_found(now: datetime) -> None:
    demo.seed("shop", days=2, events=200, seed=4, now=now)
    project, period = Project.objects.get(slug="shop"), Period(now - timedelta(days=2), now)
    assert {loop.route for loop in slow_queries.loops(project, period=period)} == {"GET /basket"}
    filling.roll_up(now=now, seconds=600)
    assert hosts.hosts(project, period=period, now=now).hosts == ("web-1", "web-2", "worker-1")
    named = {culprit.target for culprit in vitals.culprits(project, metric="LCP", period=period)}
    assert named & set(speed.LARGEST.values())
    with engine.read(project.pk, dict.fromkeys(("errors", "logs", "requests", "vitals"), period)) as facts:
        sql = "SELECT count(*) AS n FROM errors JOIN logs USING (trace_id) JOIN requests USING (trace_id)"
        assert facts.ask(sql, {})[0]["n"] > 0
        assert facts.ask("SELECT count(*) AS n FROM vitals WHERE country = 'DE'", {})[0]["n"] > 0


@pytest.mark.django_db
def test_everything_it_sends_is_stored(now: datetime) -> None:
    demo.seed("shop", days=2, events=60, seed=4, now=now)
    report = accounting.report()
    assert (report.difference, report.invalid, report.in_inbox, report.dead_letter) == (0, 0, 0, 0)
    assert sum(report.filtered.values()) == 0
    assert report.received == report.stored


@pytest.mark.django_db
def test_it_leaves_a_project_with_data_of_its_own_alone(project: Project, now: datetime) -> None:
    Project.objects.filter(pk=project.pk).update(first_event_at=now)
    with pytest.raises(ValidationError, match="data of its own"):
        demo.seed(project.slug, days=1, events=1, seed=1, now=now)


@pytest.mark.parametrize(("days", "events"), [(0, 10), (30, 10), (3, 0)])
@pytest.mark.django_db
def test_it_refuses_a_period_that_the_door_would_not_believe(now: datetime, days: int, events: int) -> None:
    with pytest.raises(ValidationError):
        demo.seed("shop", days=days, events=events, seed=1, now=now)
