"""What surrounds an issue's events."""

from datetime import datetime, timedelta

import pytest

from analytics.questions.errors import issue_detail
from analytics.questions.errors.issue_detail import Traits, likeness, words
from events.models import Project
from events.tests import make


def test_the_trend_counts_every_hour_once(project: Project, now: datetime) -> None:
    issue = make.issue(project, groups=2)
    for group in issue.groups.all():
        make.hours(group, {0: 1, 3: 2, 50: 4})
    make.hours(issue.groups.all()[0], {3: 8}, environment="staging")
    day = issue_detail.trend(issue, start=now - timedelta(days=1), end=now + timedelta(minutes=1))
    assert (sum(day.counts), day.step, len(day.counts)) == (14, timedelta(hours=1), 25)
    assert (day.counts[-1], day.counts[-4]) == (2, 12)
    assert sum(issue_detail.trend(issue, start=now - timedelta(days=1), end=now, environment="staging").counts) == 8
    long = issue_detail.trend(issue, start=now - timedelta(days=30), end=now)
    assert (sum(long.counts), len(long.counts), long.step) == (20, 60, timedelta(hours=12))


A = Traits("ValueError", "shop.cart in pay", words("bad cart for user 17"))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (A, 1.0),
        (Traits("ValueError", "shop.cart in pay", words("bad cart for user 99")), 1.0),
        (Traits("ValueError", "elsewhere", words("bad cart for user 1")), 2 / 3),
        (Traits("ValueError", "", frozenset()), 1 / 3),
        (Traits("", "", frozenset()), 0.0),
        (Traits("KeyError", "elsewhere", words("nothing alike")), 0.0),
    ],
)
def test_likeness(other: Traits, expected: float) -> None:
    assert likeness(A, other) == pytest.approx(expected)
    assert likeness(other, A) == likeness(A, other)


def test_similar_issues_are_of_the_same_project(project: Project) -> None:
    issue = make.issue(project, title="ValueError: bad cart 1", value="bad cart 1")
    twin = make.issue(project, title="ValueError: bad cart 2", value="bad cart 2")
    make.issue(project, title="KeyError: no", type="KeyError", value="no", culprit="elsewhere")
    make.issue(Project.objects.create(slug="other", name="Other"), title="ValueError: bad cart 3")
    assert issue_detail.similar(issue) == [(twin, 1.0)]


def test_neighbours_follow_the_time_of_events(project: Project, now: datetime) -> None:
    issue = make.issue(project, groups=2)
    first, second = issue.groups.order_by("pk")
    late = make.occurrence(first, ordinal=1, at=now)
    early = make.occurrence(second, ordinal=1, at=now - timedelta(hours=2), environment="staging")
    middle = make.occurrence(first, ordinal=2, at=now - timedelta(hours=1))
    kept = issue_detail.kept_occurrences(issue)
    found = issue_detail.neighbours(middle.event_id.hex, kept)
    assert found is not None
    assert (found.previous, found.next) == (early.event_id.hex, late.event_id.hex)
    assert (found.position, found.kept) == (2, 3)
    assert issue_detail.neighbours("0" * 32, kept) is None
    assert len(issue_detail.kept_occurrences(issue, environment="staging")) == 1
