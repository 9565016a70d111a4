"""New issues are few as a rule: both numbers are said, and a colour only where chance does not explain them."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from analytics.statistics import comparisons
from events.models import Deploy, Project
from events.tests import make


def test_new_issues_come_with_those_of_the_time_before(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    for hours in (1, 5, 30, 31, 32):
        make.issue(project, first_seen_at=now - timedelta(hours=hours))
    assert "3 in the previous 24\N{NO-BREAK SPACE}h" in as_alice.get("/p/web/").content.decode()
    assert "none in the previous 1\N{NO-BREAK SPACE}h" in as_alice.get("/p/web/?from=-1h").content.decode()
    release = make.release(project, "shop@2")
    Deploy.objects.create(release=release, environment="production", finished_at=now - timedelta(hours=4))
    html = as_alice.get("/p/web/?cmp=release").content.decode()
    assert "1 since shop@2, 1 in as long before" in html


@pytest.mark.parametrize(
    ("count", "before", "direction"),
    [(0, 0, 0), (1, 0, 0), (3, 0, 0), (4, 0, 1), (0, 4, -1), (5, 12, 0), (4, 16, -1), (16, 4, 1), (60, 60, 0)],
)
def test_chance_explains_small_differences(count: int, before: int, direction: int) -> None:
    assert comparisons.of_counts(count, before) == direction


def tile_of(client: Client, name: str) -> str:
    tiles = re.findall(r'<a class="tile".*?</a>', client.get("/p/web/").content.decode(), re.DOTALL)
    return next(tile for tile in tiles if f">{name}<" in tile)


def test_fewer_is_green_more_is_red_and_what_may_be_chance_is_grey(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    for minutes in range(8):
        make.issue(project, first_seen_at=now - timedelta(hours=30, minutes=minutes), status="resolved")
    fewer = tile_of(as_alice, "New issues")
    assert 'class="change good clear"' in fewer
    assert "↓ 8 in the previous" in fewer
    for minutes in range(6):
        make.issue(project, first_seen_at=now - timedelta(hours=2, minutes=minutes))
    same = tile_of(as_alice, "New issues")
    assert 'class="change"' in same
    assert "≈ 8 in the previous" in same
    assert "no clear change" in same
    for minutes in range(30):
        make.issue(project, first_seen_at=now - timedelta(hours=3, minutes=minutes))
    assert 'class="change bad clear"' in tile_of(as_alice, "New issues")
