"""New issues are too few for an interval as a rule: both numbers are said."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

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
