"""The first line of the overview says only what it has evidence for."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.questions.overview import receipts
from analytics.questions.overview.receipts import Receipts
from analytics.tests import facts
from dashboard.pages.overview import standing
from dashboard.pages.overview.standing import Standing
from events.models import Issue, Project
from events.tests import make

NOW = make.NOW
HOUR = timedelta(hours=1)
EVERYTHING = Receipts(NOW - timedelta(minutes=2), ("requests", "product events"), ("requests", "events"))


def said(**changes: Any) -> Standing:
    given: dict[str, Any] = {
        "counted": [(12_400, "request"), (1, "error")], "known": EVERYTHING, "usual": None, "open_count": 0,
        "environment": "", "is_now": True, "now": NOW, **changes,
    }  # fmt: skip
    return standing.say(**given)


def silent_for(length: timedelta, **changes: Any) -> Standing:
    return said(known=Receipts(NOW - length, ("requests",), ("requests",)), **changes)


def test_calm_says_what_was_received_and_when_last() -> None:
    assert said() == Standing("", "All calm.", "good", "12.4 k requests and 1 error received, the last 2 min ago.")


def test_calm_beside_open_issues_says_that_they_were_not_seen() -> None:
    assert said(open_count=26).calm == "Calm: none of 26 open issues was seen in this period."
    assert said(open_count=1).calm == "Calm: the one open issue was not seen in this period."


def test_what_is_not_counted_on_the_page_is_still_evidence() -> None:
    shown = said(counted=[])
    assert (shown.calm, shown.evidence) == ("All calm.", "Requests and product events received, the last 2 min ago.")


def test_in_one_environment_only_what_was_counted_of_it_is_evidence() -> None:
    shown = said(counted=[], environment="staging")
    assert shown.tone == ""
    assert shown.calm == (
        "Nothing was received from staging in this period; the last was 2 min ago, so nothing can be said."
    )


def test_nothing_received_is_never_calm() -> None:
    never = said(counted=[], known=Receipts(None, (), ()))
    assert never == Standing("", "Nothing was received in this period, so nothing can be said.", "", "")
    before = said(counted=[], known=Receipts(NOW - 3 * HOUR, (), ("requests",)))
    assert "the last was 3 h ago, so nothing can be said" in before.calm


@pytest.mark.parametrize(
    ("silent", "usual", "is_news"),
    [
        (timedelta(minutes=50), timedelta(0), False),
        (3 * HOUR, timedelta(0), True),
        (3 * HOUR, 2 * HOUR, True),
        (3 * HOUR, 3 * HOUR, False),
        (10 * HOUR, 9 * HOUR, True),
        (10 * HOUR, None, False),
    ],
)
def test_silence_is_news_when_it_is_longer_than_usual(
    silent: timedelta, usual: timedelta | None, is_news: bool
) -> None:
    shown = silent_for(silent, usual=usual)
    assert bool(shown.silence) == is_news
    assert (shown.calm == "All calm.") == (not is_news)


def test_silence_says_how_long_and_what_is_usual() -> None:
    assert silent_for(3 * HOUR, usual=HOUR).silence == (
        "Nothing received for 3 h; in the week before, no pause was longer than 1 h."
    )
    every = silent_for(3 * HOUR, usual=timedelta(0)).silence
    assert every == "Nothing received for 3 h; in the week before, something came every hour."


def test_a_period_gone_by_says_nothing_of_now() -> None:
    shown = silent_for(9 * HOUR, usual=timedelta(0), is_now=False)
    assert shown == Standing("", "All calm.", "good", "12.4 k requests and 1 error received.")


@pytest.mark.parametrize(
    ("hours", "pause"),
    [
        ([], None),
        ([5], None),
        ([0, 5], None),
        (range(30), timedelta(0)),
        ([0, 1, 2, 10, 30], 19 * HOUR),
        ([30, 0, 12, 12], 17 * HOUR),
    ],
)
def test_the_longest_pause(hours: Any, pause: timedelta | None) -> None:
    assert receipts.longest_pause(hours) == pause


def text_of(response: Any) -> str:
    found = re.search(r'<p class="strip">(.*?)</p>', response.content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def every_hour(project: Project, *, first: int, last: int, now: datetime) -> None:
    facts.filled(
        project,
        "requests",
        *(facts.request(now - n * HOUR - timedelta(minutes=10)) for n in range(last, first)),
        now=now,
    )


def test_the_page_tells_silence_and_is_calm_again_after_it(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    Project.objects.update(first_event_at=now)
    every_hour(project, first=50, last=4, now=now)
    shown = text_of(as_alice.get("/p/web/"))
    assert "Nothing received for 4 h; in the week before, something came every hour." in shown
    assert "calm" not in shown.lower()
    facts.filled(project, "requests", facts.request(now - timedelta(minutes=3)), now=now)
    assert "All calm. 21 requests received, the last 3 min ago." in text_of(as_alice.get("/p/web/"))


def test_the_page_counts_open_issues_that_were_not_seen(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    make.issue(project, first_seen_at=now - 90 * HOUR, last_seen_at=now - 50 * HOUR, status=Issue.Status.UNRESOLVED)
    facts.filled(project, "requests", facts.request(now - timedelta(minutes=3)), now=now)
    shown = text_of(as_alice.get("/p/web/"))
    assert "Calm: the one open issue was not seen in this period." in shown


def test_product_events_alone_are_evidence(as_alice: Client, project: Project) -> None:
    now = timezone.now()
    Project.objects.update(first_event_at=now)
    facts.store(project, "events", {"at": now - timedelta(minutes=2), "event_id": "a" * 32, "name": "signup"}, now=now)
    assert "All calm. Product events received, the last 2 min ago." in text_of(as_alice.get("/p/web/"))
