"""The public status page: what it shows and what it never does, its documents, and who is told by mail."""

import re
import smtplib
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.incidents.status import mails, notices, setup, subscribing
from alerts.models import Incident, StatusComponent, StatusMail, StatusNotice, StatusPage, StatusSubscriber
from alerts.rules import evaluation
from alerts.tests import make
from dashboard.pages.status import public_views
from dashboard.tests import hostile
from events.models import AuditEntry, Project

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PAGE = {
    "slug": "shop", "title": "The shop", "description": "All of it", "zone": "Europe/Vienna", "is_published": True,
    "is_indexed": False, "takes_subscribers": True,
}  # fmt: skip


@pytest.fixture
def page(project: Project) -> StatusPage:
    return setup.store_page(project, PAGE, actor="test", now=timezone.now())


@pytest.fixture(autouse=True)
def fresh_buckets(monkeypatch: Any, clean_redis: Any) -> None:
    monkeypatch.setattr(public_views, "_buckets", public_views.Buckets())


def component(page: StatusPage, name: str = "Checkout", *sources: str) -> StatusComponent:
    return setup.store_component(
        page, None, name=name, description="", sources=sources, position=0, actor="test", now=timezone.now()
    )


def published(page: StatusPage, **changes: Any) -> StatusNotice:
    given = {"title": "Payments fail", "body": "We look into it.", "impact": "major", **changes}
    return notices.publish(page, notices.Wanted(**given), actor="test", now=timezone.now())


def test_it_is_off_until_it_is_published(page: StatusPage, client: Client) -> None:
    for change in ({"is_published": False}, {"is_published": True}):
        setup.store_page(page.project, {**PAGE, **change}, actor="test", now=timezone.now())
        expected = 200 if change["is_published"] else 404
        for tail in ("", "history.atom", "history.rss", "api/v2/summary.json"):
            assert client.get(f"/status/shop/{tail}").status_code == expected, tail


def test_it_is_fast_kept_by_caches_and_sets_no_cookie(page: StatusPage) -> None:
    for n in range(5):
        component(page, f"Part {n}")
    client = Client()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        first = client.get("/status/shop/")
    assert len(asked) <= 16
    assert (first["Cache-Control"], first.cookies, "Vary" in first) == ("public, max-age=30", {}, False)
    assert first["X-Robots-Tag"] == "noindex, nofollow"
    text = first.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert "no data yet" in text
    assert client.get("/status/shop/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    published(page)
    assert client.get("/status/shop/", headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert client.post("/status/shop/").status_code == 405
    setup.store_page(page.project, {**PAGE, "is_indexed": True}, actor="test", now=timezone.now())
    shown = client.get("/status/shop/")
    assert "X-Robots-Tag" not in shown
    assert "noindex" not in shown.content.decode()


def test_nothing_of_the_inside_is_on_it(page: StatusPage, client: Client, alice: Any, now: Any) -> None:
    project = page.project
    Project.objects.filter(pk=project.pk).update(name="Inner-Project-Name", slug="inner-project-slug")
    monitor = make.monitor(project, name="inner monitor name")
    rule = make.firing(project, now=timezone.now())["rule_id"]
    rule.name = "inner rule name"
    rule.save()
    evaluation.run(now=timezone.now())
    component(page, "Checkout", f"monitor:{monitor.pk}", f"rule:{rule.pk}")
    incident = Incident.objects.get()
    published(page, incident=incident)
    inside = [
        "inner", "Inner", "No requests", "below", "alice", monitor.slug, str(monitor.token), "/p/", "rule", "monitor:",
    ]  # fmt: skip
    paths = ["", "history.atom", "history.rss", f"incidents/{page.notices.get().public_id}/"]
    paths += [f"api/v2/{name}.json" for name in ("summary", "status", "components", "incidents")]
    for path in paths:
        text = client.get(f"/status/shop/{path}").content.decode()
        assert [word for word in inside if word in text] == [], path


def test_its_documents_have_the_shape_that_readers_poll(page: StatusPage, client: Client) -> None:
    code = component(page).public_id
    notice = published(page, components={code: "partial_outage"})
    notices.update(notice, status="identified", body="A disk is full.", actor="test", now=timezone.now())
    when = timezone.now() + HOUR
    published(page, title="New disks", scheduled_for=when, scheduled_until=when + HOUR, components={code: ""})
    answer = client.get("/status/shop/api/v2/summary.json")
    assert answer["Access-Control-Allow-Origin"] == "*"
    found = answer.json()
    assert set(found) == {"page", "status", "components", "incidents", "scheduled_maintenances"}
    assert found["status"] == {"indicator": "major", "description": "Partial System Outage"}
    assert set(found["page"]) == {"id", "name", "url", "time_zone", "updated_at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]:00", found["page"]["updated_at"])
    (shown,) = found["components"]
    assert (shown["status"], shown["group"], shown["group_id"]) == ("partial_outage", False, None)
    (incident,) = found["incidents"]
    assert (incident["status"], incident["impact"], incident["resolved_at"]) == ("identified", "major", None)
    assert [one["status"] for one in incident["incident_updates"]] == ["identified", "investigating"]
    assert incident["incident_updates"][1]["affected_components"] == [
        {"code": code, "name": "Checkout", "old_status": "operational", "new_status": "partial_outage"}
    ]
    (plan,) = found["scheduled_maintenances"]
    assert (plan["status"], plan["impact"]) == ("scheduled", "maintenance")
    assert plan["scheduled_for"] < plan["scheduled_until"]
    get = lambda tail: client.get(f"/status/shop/api/v2/{tail}.json")  # noqa: E731
    assert get("status").json()["status"]["indicator"] == "major"
    assert len(get("components").json()["components"]) == 1
    assert len(get("incidents").json()["incidents"]) == 1
    assert len(get("incidents/unresolved").json()["incidents"]) == 1
    assert len(get("scheduled-maintenances/upcoming").json()["scheduled_maintenances"]) == 1
    assert get("scheduled-maintenances/active").json()["scheduled_maintenances"] == []
    assert {get(tail).status_code for tail in ("nothing", "status/active", "incidents/active")} == {404}


def test_feeds_keep_an_id_for_ever_and_hold_hostile_text(page: StatusPage, client: Client) -> None:
    texts = "".join(hostile.XSS)
    notice = published(page, title=texts[:150], body=texts + "\x0b]]>")
    before = client.get("/status/shop/history.atom").content
    notices.update(notice, status="monitoring", body="Better.", actor="test", now=timezone.now() + HOUR)
    space = "{http://www.w3.org/2005/Atom}"
    entries = [ElementTree.fromstring(text).find(f"{space}entry") for text in (
        before, client.get("/status/shop/history.atom").content)]  # fmt: skip
    ids = {entry.findtext(f"{space}id") for entry in entries}  # type: ignore[union-attr]
    updated = [entry.findtext(f"{space}updated") for entry in entries]  # type: ignore[union-attr]
    assert len(ids) == 1
    assert updated[0] != updated[1]
    content = entries[1].findtext(f"{space}content") or ""  # type: ignore[union-attr]
    assert "<script" not in content
    assert "Better." in content
    channel = ElementTree.fromstring(client.get("/status/shop/history.rss").content).find("channel")
    assert channel is not None
    assert channel.findtext("item/guid") == next(iter(ids))
    for path in ("", f"incidents/{notice.public_id}/"):
        assert "<script>alert" not in client.get(f"/status/shop/{path}").content.decode()


def links(text: str) -> list[str]:
    return [found.split("http://", 1)[1].partition("/")[2] for found in re.findall(r"http://\S+", text)]


def test_a_subscriber_confirms_is_told_and_leaves_with_one_click(page: StatusPage) -> None:
    client = Client(enforce_csrf_checks=True)
    said = client.post("/status/shop/subscribe/", {"address": "Ann@Example.org"})
    assert (said.status_code, said.cookies) == (200, {})
    subscriber = StatusSubscriber.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT address, digest, token_hash FROM alerts_statussubscriber")
        assert "example" not in str(cursor.fetchone()).lower()
    published(page)
    assert StatusMail.objects.filter(update__isnull=False).count() == 0, "nobody is told who did not confirm"
    now = timezone.now()
    assert mails.run(now=now) == 1
    assert StatusMail.objects.get().secret is None, "the token is nowhere in the database once it is sent"
    (confirm,) = links(mail.outbox[0].body)
    token = confirm.split("/")[2]
    assert token not in str(list(StatusSubscriber.objects.values()))
    assert "Confirm" in client.get(f"/{confirm}").content.decode()
    assert StatusSubscriber.objects.get().confirmed_at is None, "programs that follow links confirm nothing"
    assert "You will be told" in client.post(f"/{confirm}").content.decode()
    assert client.post(f"/{confirm}").status_code == 404
    again = client.post("/status/shop/subscribe/", {"address": "ann@example.org"})
    assert again.content == said.content
    notices.update(page.notices.get(), status="identified", body="A disk is full.", actor="test", now=now)
    assert (mails.run(now=now + HOUR), mails.run(now=now + HOUR)) == (1, 0)
    told = mail.outbox[1]
    assert (told.to, told.subject) == (["Ann@Example.org"], "[The shop] Payments fail")
    assert told.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = "/" + links(told.extra_headers["List-Unsubscribe"].strip("<>"))[0]
    assert client.get(leave).status_code == 200
    assert StatusSubscriber.objects.count() == 1
    client.post(leave, {"List-Unsubscribe": "One-Click"})
    assert not StatusSubscriber.objects.exists()
    assert client.post(leave).status_code == 200
    assert client.get(leave.replace("unsubscribe/", "unsubscribe/9")).status_code == 200
    assert subscriber.pk


def test_addresses_are_bounded_forgotten_and_erased(page: StatusPage, client: Client, alice: Any) -> None:
    now = timezone.now()
    assert client.post("/status/shop/subscribe/", {"address": "no address"}).status_code == 422
    statuses = [client.post("/status/shop/subscribe/", {"address": f"p{n}@example.org"}).status_code for n in range(6)]
    assert statuses[-1] == 429
    assert statuses[0] == 200
    assert subscribing.forget(now=now + 23 * HOUR) == 0
    assert subscribing.forget(now=now + 25 * HOUR) > 0
    assert not StatusSubscriber.objects.exists()
    subscribing.ask(page, "ann@example.org", now=now)
    subscribing.ask(page, "ann@example.org", now=now + HOUR / 2)
    assert StatusMail.objects.count() == 1, "nobody is asked twice within an hour"
    assert subscribing.erase(page.project, " ANN@example.org", actor=alice, now=now)
    assert not subscribing.erase(page.project, "ann@example.org", actor=alice, now=now)
    assert (StatusSubscriber.objects.count(), StatusMail.objects.count()) == (0, 0)
    assert "ann@" not in str(list(AuditEntry.objects.values()))
    setup.store_page(page.project, {**PAGE, "takes_subscribers": False}, actor="test", now=now)
    assert client.post("/status/shop/subscribe/", {"address": "x@example.org"}).status_code == 404


class Refusing(EmailBackend):
    """A mail server that knows no such person, or is away."""

    answer: Exception = OSError()

    def send_messages(self, messages: Any) -> int:
        raise self.answer


@pytest.mark.parametrize(
    ("answer", "status", "attempts"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), "dead", 1),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), "pending", 1),
        (OSError(), "pending", 1),
    ],
)
def test_a_mail_that_fails_is_tried_again_or_given_up(
    page: StatusPage, settings: Any, monkeypatch: Any, answer: Exception, status: str, attempts: int
) -> None:
    now = timezone.now()
    subscribing.ask(page, "ann@example.org", now=now)
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "answer", answer)
    assert mails.run(now=now) == 0
    stored = StatusMail.objects.get()
    assert (stored.status, stored.attempts) == (status, attempts)
    assert (stored.secret is None) == (status == "dead")
    if status == "pending":
        assert (mails.run(now=now), mails.run(now=now + timedelta(seconds=31))) == (0, 0)
        assert StatusMail.objects.get().attempts == 2


def test_people_make_it_and_publish_by_hand(project: Project, as_alice: Client, as_bob: Client) -> None:
    base = "/p/web/status/"
    assert as_bob.get(base).status_code == 403
    assert "Make the page" in as_alice.get(base).content.decode()
    assert as_alice.get(f"{base}notices/new/").status_code == 302
    wrong = as_alice.post(base, {"title": "Shop", "slug": "shop", "zone": "Mars/Olympus"})
    assert (wrong.status_code, "There is no time zone" in wrong.content.decode()) == (422, True)
    as_alice.post(base, {"title": "Shop", "slug": "shop", "zone": "Europe/Vienna", "is_published": "on"})
    taken = {"title": "Shop", "slug": "confirm", "zone": "UTC"}
    assert as_alice.post(base, taken).status_code == 422
    monitor = make.monitor(project)
    assert "Monitor Nightly backup" in as_alice.get(f"{base}components/new/").content.decode()
    sources = {"name": "Checkout", "position": "0", "sources": [f"monitor:{monitor.pk}"]}
    assert as_alice.post(f"{base}components/new/", sources).status_code == 302
    made = StatusComponent.objects.get()
    assert as_alice.post(f"{base}components/{made.pk}/", {**sources, "name": "Pay"}).status_code == 302
    foreign = as_alice.post(f"{base}components/new/", {**sources, "name": "X", "sources": ["monitor:999"]})
    assert foreign.status_code == 422
    sent = {"title": "Down", "body": "We look.", "status": "investigating", "impact": "major",
            f"component_{made.public_id}": "major_outage"}  # fmt: skip
    assert as_alice.post(f"{base}notices/new/", sent).status_code == 302
    notice = StatusNotice.objects.get()
    page = Client().get("/status/shop/").content.decode()
    assert "Major System Outage" in page
    assert "We look." in page
    assert as_alice.post(f"{base}notices/{notice.pk}/", {"status": "resolved", "body": "Done."}).status_code == 302
    assert "All Systems Operational" in Client().get("/status/shop/").content.decode()
    when = timezone.now() + HOUR
    plan = {"title": "Disks", "body": "Soon.", "scheduled_for": f"{when:%Y-%m-%dT%H:%M}",
            "scheduled_until": f"{when - 2 * HOUR:%Y-%m-%dT%H:%M}"}  # fmt: skip
    assert as_alice.post(f"{base}notices/new/?planned=1", plan).status_code == 422
    plan["scheduled_until"] = f"{when + HOUR:%Y-%m-%dT%H:%M}"
    assert as_alice.post(f"{base}notices/new/?planned=1", plan).status_code == 302
    assert as_alice.get(f"{base}preview/").status_code == 200
    written = set(AuditEntry.objects.filter(action__startswith="status.").values_list("action", flat=True))
    assert {"status.create", "status.component_create", "status.publish", "status.post"} <= written
