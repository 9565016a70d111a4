"""What is kept ahead of each group and environment: its last hour, and its errors of a day and of the day before."""

from datetime import timedelta

from events.issues import counters
from events.models import GroupEnvironment, IssueGroup, Project
from events.tests import make

HOUR = timedelta(hours=1)
START = make.NOW.replace(minute=0, second=0, microsecond=0)


def group_of(project: Project) -> IssueGroup:
    return make.issue(project, title="ValueError: bad cart").groups.get()


def trend() -> tuple[int, int]:
    kept = GroupEnvironment.objects.get()
    return kept.late, kept.early


def test_a_day_and_the_day_before_are_counted_apart_and_what_is_older_is_not(project: Project) -> None:
    make.hours(group_of(project), {0: 1, 23: 2, 24: 4, 47: 8, 48: 16, 500: 32})
    kept = GroupEnvironment.objects.get()
    assert trend() == (3, 12)
    assert kept.last_hour == START


def test_later_errors_add_to_the_trend_and_are_the_last_seen(project: Project) -> None:
    group = group_of(project)
    make.hours(group, {1: 1})
    make.hours(group, {0: 2, 30: 4})
    kept = GroupEnvironment.objects.get()
    assert trend() == (3, 4)
    assert kept.last_hour == START


def test_environments_have_trends_of_their_own(project: Project) -> None:
    group = group_of(project)
    make.hours(group, {1: 1})
    make.hours(group, {1: 5}, environment="staging")
    assert dict(GroupEnvironment.objects.values_list("environment", "late")) == {"production": 1, "staging": 5}


def test_with_each_full_hour_errors_move_to_the_day_before_and_out_of_it(project: Project) -> None:
    make.hours(group_of(project), {0: 1, 23: 2, 24: 4, 47: 8})
    assert counters.count_trends(now=make.NOW) == 0
    assert (counters.count_trends(now=make.NOW + HOUR), trend()) == (1, (1, 6))
    assert (counters.count_trends(now=make.NOW + 24 * HOUR), trend()) == (1, (0, 3))
    assert (counters.count_trends(now=make.NOW + 48 * HOUR), trend()) == (1, (0, 0))
    assert counters.count_trends(now=make.NOW + 49 * HOUR) == 0


def test_an_error_after_a_long_silence_begins_the_trend_anew(project: Project) -> None:
    group = group_of(project)
    make.hours(group, {0: 7})
    counters.count_trends(now=make.NOW + 72 * HOUR)
    make.hours(group, {0: 2, 30: 1}, now=make.NOW + 100 * HOUR)
    assert trend() == (2, 1)
    assert counters.count_trends(now=make.NOW + 100 * HOUR) == 0
