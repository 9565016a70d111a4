"""A value that is not sent any more gives its place away; one that is sent keeps it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from events.facts import dimensions
from events.models import Dimension, DimensionValue, Project

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def fresh_cache(settings: Any) -> None:
    settings.OBS_DIMENSION_VALUES, settings.OBS_DIMENSION_VALUE_DAYS = 2, 30
    dimensions.forget()


def folded(project: Project, *routes: str, now: datetime) -> list[str]:
    """What the routes are stored as."""
    rows = [{"route": route} for route in routes]
    dimensions.fold({(project.pk, "requests"): rows}, now=now)
    return [row["route"] for row in rows]


def test_a_value_that_is_not_sent_any_more_gives_its_place_away(project: Project) -> None:
    assert folded(project, "/old", "/kept", "/late", now=NOON) == ["/old", "/kept", "(other)"]
    for day in range(1, 32):
        folded(project, "/kept", now=NOON + day * DAY)
    assert dimensions.expire(now=NOON + 30 * DAY) == 0
    assert dimensions.expire(now=NOON + 31 * DAY) == 1
    assert folded(project, "/late", "/old", "/kept", now=NOON + 31 * DAY) == ["/late", "(other)", "/kept"]


def test_a_value_is_noted_once_a_day(
    project: Project, django_assert_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        folded(project, "/a", "/b", now=NOON)
    with django_assert_num_queries(0):
        folded(project, "/a", "/b", now=NOON + timedelta(hours=2))
    with django_capture_on_commit_callbacks(execute=True):
        folded(project, "/a", now=NOON + DAY)
    assert set(DimensionValue.objects.values_list("value", "seen_on")) == {
        ("/a", (NOON + DAY).date()),
        ("/b", NOON.date()),
    }


def test_the_admin_tells_which_dimension_is_at_its_limit(
    project: Project, admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    folded(project, "/a", "/b", "/c", "/d", now=NOON)
    for number in range(30):
        Dimension.objects.create(project=project, name=f"metric-{number}:attribute")
    with django_assert_max_num_queries(13):
        html = admin_client.get("/admin/events/dimension/").content.decode()
    assert "2 of 2" in html
    assert html.index("requests.route") < html.index("metric-0:attribute")
