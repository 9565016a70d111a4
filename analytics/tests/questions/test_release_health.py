from datetime import timedelta
from typing import Any

import pytest

from analytics.periods import Period
from analytics.questions.releases.release_health import Health, health_trend, release_health
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = Period(NOW - 24 * HOUR, NOW + HOUR)


def store(project: Any, *sessions: dict[str, Any]) -> None:
    rows.store(project, *sessions, fact="sessions")


def health(project: Any, release: str = "", **kwargs: Any) -> Health:
    return next(r.health for r in release_health(project, period=DAY, **kwargs) if r.release == release)


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        ([("ok", 0, 0)], Health(1)),
        ([("ok", 0, 0), ("exited", 1, 0)], Health(1)),
        ([("ok", 0, 0), ("ok", 1, 2)], Health(1, errored=1)),
        ([("ok", 0, 0), ("crashed", 1, 1)], Health(1, crashed=1)),
        ([("crashed", 1, 1), ("ok", 0, 0)], Health(1, crashed=1)),
        ([("ok", 5, 0), ("crashed", 5, 1)], Health(1, crashed=1)),
        ([("crashed", None, 1), ("ok", None, 0)], Health(1, crashed=1)),
        ([("abnormal", 1, 0)], Health(1, abnormal=1)),
        ([("unhandled", 1, 0)], Health(1, errored=1)),
        ([("crashed", 2**62, 1), (None, 0, 0)], Health(1, crashed=1)),
    ],
)
def test_the_last_update_of_a_session_counts(project: Any, updates: Any, expected: Health) -> None:
    for status, seq, errors in updates:
        store(project, rows.session("s", status=status, seq=seq, errors=errors))
    assert health(project) == expected


def test_aggregates_add_to_single_sessions(project: Any) -> None:
    store(
        project,
        rows.session("s", status="crashed", user_key=7),
        {"at": NOW, "started": 10, "exited": 6, "errored": 2, "crashed": 1, "abnormal": 1},
    )
    found = health(project)
    assert found == Health(11, crashed=2, abnormal=1, errored=2, users=1, crashed_users=1)
    assert found.healthy == 6
    assert found.crash_free_sessions == pytest.approx(9 / 11)
    assert found.crash_free_users == 0.0


def test_a_user_with_one_crash_among_many_sessions_is_not_crash_free(project: Any) -> None:
    crashes = {3: "crashed", 4: "crashed"}
    store(project, *(rows.session(n, user_key=n % 4, status=crashes.get(n, "exited")) for n in range(8)))
    assert health(project).crash_free_users == pytest.approx(0.5)
    assert health(project).crash_free_sessions == pytest.approx(0.75)


def test_releases_share_the_sessions_and_users_of_the_period(project: Any) -> None:
    store(project, *(rows.session(n, release="1.0", user_key=n, at=NOW - HOUR) for n in range(3)))
    store(project, rows.session(9, release="1.1", user_key=0, environment="staging"))
    newer, older = release_health(project, period=DAY)
    assert [(r.release, r.session_adoption, r.user_adoption) for r in (newer, older)] == [
        ("1.1", 0.25, pytest.approx(1 / 3)),
        ("1.0", 0.75, 1.0),
    ]
    assert [r.release for r in release_health(project, period=DAY, environment="staging")] == ["1.1"]


def test_without_sessions_there_is_no_rate(project: Any) -> None:
    assert release_health(project, period=DAY) == ()
    assert Health().crash_free_sessions is None
    assert Health().crash_free_users is None


def test_the_trend_counts_a_session_in_the_bucket_it_began(project: Any) -> None:
    store(project, rows.session(1, at=NOW - 2 * HOUR), rows.session(1, at=NOW - 2 * HOUR, seq=1, status="crashed"))
    store(project, rows.session(2, release="1.0"))
    trend = health_trend(project, period=DAY, step=HOUR)
    assert trend.health[-3:] == (Health(1, crashed=1), Health(), Health(1))
    assert sum(h.sessions for h in health_trend(project, period=DAY, release="1.0").health) == 1
