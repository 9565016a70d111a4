"""Saved insights: listed, found, shared by a link, and sent on Mondays with the change against the week before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.frame import saved_views
from dashboard.models import SavedView, Subscription
from dashboard.pages.insights import digests, saved
from dashboard.pages.insights.answers import Number
from dashboard.pages.reports import weekly
from dashboard.pages.share import links
from events.models import AuditEntry, Membership, Project

MONDAY = datetime(2026, 11, 23, 7, 0, 30, tzinfo=UTC)
SIGNUPS = "/p/web/insights/?event=signup&from=-90d"


@pytest.fixture
def two_weeks(project: Project) -> Project:
    """Two sign up in the week before the last, three in the last one, of ten who came."""
    last = MONDAY - timedelta(days=5)
    rows = [event(n, last - timedelta(days=7), name="signup") for n in range(2)]
    rows += [event(n, last, path="/pricing") for n in range(10)]
    rows += [event(n, last + timedelta(minutes=1), name="signup") for n in range(3)]
    facts.store(project, "events", *rows, now=MONDAY)
    return project


def keep(project: Project, owner: Any, url: str = SIGNUPS, **more: Any) -> SavedView:
    given = {"name": "Signups", "now": timezone.now(), **more}
    return saved_views.save(project, owner=owner, url=url, **given)


def listed(client: Client, **asked: str) -> str:
    return client.get("/p/web/insights/saved/", asked).content.decode()


def test_an_insight_is_kept_listed_found_and_forgotten(as_alice: Client, project: Project) -> None:
    assert "Nothing saved yet" in listed(as_alice)
    as_alice.post("/p/web/views/save/", {"name": "Signups", "next": SIGNUPS})
    as_alice.post("/p/web/views/save/", {"name": "Errors", "next": "/p/web/issues/"})
    html = listed(as_alice)
    assert 'href="/p/web/insights/?event=signup&amp;from=-90d"><b>Signups' in html
    assert "<b>Errors" not in html
    assert ">never<" in html
    as_alice.get(SIGNUPS)
    assert SavedView.objects.get(name="Signups").asked_at is not None
    assert ">never<" not in listed(as_alice)
    assert "<b>Signups" in listed(as_alice, q="SIGN")
    assert "Nothing of that name" in listed(as_alice, q="pay")
    view = SavedView.objects.get(name="Signups")
    as_alice.post(f"/p/web/views/{view.pk}/delete/", {"next": "/p/web/insights/saved/"})
    assert "Nothing saved yet" in listed(as_alice)


def test_others_see_what_is_shared_with_them(as_bob: Client, alice: Any, project: Project) -> None:
    mine = keep(project, alice, name="Mine")
    ours = keep(project, alice, name="Ours", is_shared=True)
    html = listed(as_bob)
    assert "Ours" in html
    assert "Mine" not in html
    assert as_bob.post(f"/p/web/insights/saved/{mine.pk}/subscribe/", {"wants": "1"}).status_code == 404
    as_bob.post(f"/p/web/insights/saved/{ours.pk}/subscribe/", {"wants": "1"})
    assert list(Subscription.objects.values_list("view__name", "user__username")) == [("Ours", "bob")]
    assert Membership.objects.get(user__username="bob").gets_weekly_report
    assert AuditEntry.objects.filter(action="insight.subscribe").latest("id").detail == {"wants": True}
    as_bob.post(f"/p/web/insights/saved/{ours.pk}/subscribe/", {"wants": "0"})
    assert not Subscription.objects.exists()


def test_a_report_carries_so_many_and_no_strangers(
    project: Project, alice: Any, charlie: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MOST", 1)
    now = timezone.now()
    saved.subscribe(keep(project, alice), user=alice, wants=True, now=now)
    with pytest.raises(ValidationError, match="at most 1"):
        saved.subscribe(keep(project, alice, name="More"), user=alice, wants=True, now=now)
    with pytest.raises(ValidationError, match="Only members"):
        saved.subscribe(keep(project, alice), user=charlie, wants=True, now=now)


def test_the_mail_has_the_week_against_the_one_before_and_a_picture(two_weeks: Project, alice: Any, bob: Any) -> None:
    for user in (alice, bob):
        user.email = f"{user.get_username()}@example.org"
        user.save()
        Membership.objects.filter(user=user).update(gets_weekly_report=True)
    funnel = keep(two_weeks, alice, "/p/web/insights/funnels/?steps=%2Fpricing%0Asignup", name="<b>Funnel")
    refused = keep(two_weeks, alice, "/p/web/insights/?measure=weekly_actives", name="Actives")
    for view in (keep(two_weeks, alice), funnel, refused):
        saved.subscribe(view, user=alice, wants=True, now=MONDAY)
    assert weekly.send_due(now=MONDAY) == 2
    to = {sent.to[0]: sent for sent in mail.outbox}
    assert "signup" not in to["bob@example.org"].body
    sent = to["alice@example.org"]
    assert "  signup: 3 (+50 %; the week before 2)" in sent.body
    assert "  Conversion: 30.0 % (nothing to compare with; the week before –)" in sent.body
    assert "known for one day only" in sent.body
    assert "/p/web/insights/saved/" in sent.body
    html = sent.alternatives[0][0]
    assert "&lt;b&gt;Funnel" in html
    assert "<b>Funnel" not in html
    [picture] = sent.attachments
    signups = SavedView.objects.get(name="Signups")
    assert f"cid:insight-{signups.pk}" in html
    assert picture["Content-ID"] == f"<insight-{signups.pk}>"
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")
    sent.message().as_bytes()


def test_who_does_not_see_an_insight_any_more_gets_it_no_more(two_weeks: Project, alice: Any, bob: Any) -> None:
    view = keep(two_weeks, alice, is_shared=True)
    saved.subscribe(view, user=bob, wants=True, now=MONDAY)
    week = weekly.last_whole_week(MONDAY)
    assert len(digests.subscribed(two_weeks, bob, sees_persons=False, week=week, now=MONDAY, made={})) == 1
    keep(two_weeks, alice, is_shared=False)
    assert digests.subscribed(two_weeks, bob, sees_persons=False, week=week, now=MONDAY, made={}) == []


@pytest.mark.parametrize(
    ("value", "before", "is_share", "said"),
    [
        (3, 2, False, "+50 %"), (1, 2, False, "-50 %"), (2, 2, False, "the same"), (2, 0, False, "from nothing"),
        (0, 0, False, "the same"), (0.3, 0.25, True, "+5.0 points"), (None, 2, False, "nothing to compare with"),
        (2, None, False, "nothing to compare with"), (-1, -2, False, "+50 %"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(value: float | None, before: float | None, is_share: bool, said: str) -> None:
    assert digests.change(Number("n", value, is_share), Number("n", before, is_share)) == said


@pytest.mark.parametrize(
    ("path", "chart", "said"),
    [
        ("?event=signup&by=country", "trend", "Trend"),
        ("funnels/?steps=/pricing%0Asignup", "funnel", "Funnel"),
        ("journeys/", "journeys", "Journeys"),
        ("usage/?events=signup", "feature_lives", "New, returning"),
    ],
)
def test_an_insight_is_shared_by_a_link(two_weeks: Project, alice: Any, path: str, chart: str, said: str) -> None:
    url = f"/p/web/insights/{path}{'&' if '?' in path else '?'}from=2026-11-16&to=2026-11-23"
    _, address = links.create(two_weeks, actor=alice, name="x", url=url, days=7, now=timezone.now())
    assert address.endswith(f"/charts/{chart}/")
    answer = Client().get(address)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    other = address.replace(f"/{chart}/", "/cohorts/")
    assert Client().get(other).status_code == 404


def test_a_link_keeps_its_question_and_shows_no_values_of_properties(two_weeks: Project, alice: Any) -> None:
    given: dict[str, Any] = {"actor": alice, "name": "x", "days": 7, "now": timezone.now()}
    link, address = links.create(two_weeks, url=SIGNUPS, **given)
    assert links.fixed(link) == {"event": "signup", "from": "-90d", "chart": "trend"}
    asked = Client().get(f"{address}?event=/pricing&by=properties.email").content.decode()
    assert "/pricing" not in asked
    with pytest.raises(ValidationError, match="cut by a property"):
        links.create(two_weeks, url=f"{SIGNUPS}&by=properties.email", **given)
