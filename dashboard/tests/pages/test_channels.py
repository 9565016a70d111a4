"""The channel pages show state and log without secrets, and change channels through the audited functions."""

from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from alerts.delivery import channel_setup, deliver, notify
from alerts.models import Channel, Notification
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from events.models import AuditEntry, Project
from events.tests import make as events_make

URL = "https://1.1.1.1/hook/of/the/team/secretX1a9"
BASE = "/p/web/alerts/channels/"


def filled(**fields: Any) -> dict[str, Any]:
    return {"name": "Team", "min_level": "error", "environments": "", "transitions": [], **fields}


def test_the_list_shows_channels_without_their_secrets(as_bob: Client, project: Project) -> None:
    make.channel(project, URL, name="Hook")
    page = as_bob.get(BASE)
    assert page.status_code == 200
    text = page.content.decode()
    assert "Hook" in text
    assert "1.1.1.1/…X1a9" in text
    assert "secret" not in text
    assert make.SIGNING not in text


def test_an_empty_list_says_what_to_do(as_alice: Client) -> None:
    text = as_alice.get(BASE).content.decode()
    assert "No channel yet" in text
    assert f'href="{BASE}new/slack/"' in text


@pytest.mark.parametrize("kind", Channel.Kind.values)
def test_the_form_of_a_kind_asks_for_what_the_kind_needs(as_alice: Client, kind: str) -> None:
    page = as_alice.get(f"{BASE}new/{kind}/")
    fields = set(page.context["form"].fields)
    expected = {
        "email": {"addresses"},
        "webhook": {"url", "secret"},
        "standard": {"url", "secret"},
        "pagerduty": {"url", "routing_key"},
    }.get(kind, {"url"})
    quiet = set() if kind == "pagerduty" else {"quiet_from", "quiet_until", "quiet_days", "quiet_zone"}
    assert fields == {"name", "min_level", "transitions", "environments", "fallback"} | expected | quiet
    assert page.context["where"].words in unescape(page.content.decode())
    assert page["Cache-Control"] == "private, no-store"


def test_there_is_no_form_of_another_kind(as_alice: Client) -> None:
    assert as_alice.get(f"{BASE}new/pager/").status_code == 404


def test_a_filled_form_makes_a_channel(as_alice: Client, project: Project, alice: Any) -> None:
    form = filled(url=URL, secret=make.SIGNING, transitions=["regression"], environments="production, staging")
    answer = as_alice.post(f"{BASE}new/webhook/", form)
    channel = Channel.objects.get()
    assert answer["Location"] == f"{BASE}{channel.pk}/"
    assert (channel.project, channel.name, channel.transitions) == (project, "Team", ["regression"])
    assert channel.environments == ["production", "staging"]
    [entry] = AuditEntry.objects.all()
    assert (entry.action, entry.actor, entry.via) == ("channel.create", "alice", "session")


@pytest.mark.parametrize(
    ("kind", "wrong", "words"),
    [
        ("webhook", {"url": "http://169.254.169.254/", "secret": make.SIGNING}, "not public"),
        ("webhook", {"url": URL, "secret": "short"}, "Between 16 and 200"),
        ("slack", {"url": "https://evil.example/"}, "Only https://"),
        ("email", {"addresses": "nobody"}, "not an e-mail address"),
        ("email", {"addresses": "a@example.org", "name": ""}, "required"),
    ],
)
def test_a_wrong_form_is_shown_again_with_the_reason(
    as_alice: Client, kind: str, wrong: dict[str, str], words: str
) -> None:
    answer = as_alice.post(f"{BASE}new/{kind}/", filled(**wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Channel.objects.exists()


def test_a_name_that_is_taken_is_refused(as_alice: Client, project: Project) -> None:
    make.channel(project, name="Team")
    answer = as_alice.post(f"{BASE}new/email/", filled(addresses="a@example.org"))
    assert answer.status_code == 422
    assert "has this name" in answer.content.decode()


def test_editing_shows_no_secret_and_keeps_it(as_alice: Client, project: Project) -> None:
    channel = make.channel(project, URL)
    text = as_alice.get(f"{BASE}{channel.pk}/edit/").content.decode()
    assert "secretX1a9" not in text
    assert make.SIGNING not in text
    assert as_alice.post(f"{BASE}{channel.pk}/edit/", filled(name="Renamed")).status_code == 302
    channel = Channel.objects.get()
    assert (channel.name, channel_setup.stored(channel)) == ("Renamed", {"url": URL, "secret": make.SIGNING})
    answer = as_alice.post(f"{BASE}{channel.pk}/edit/", filled(name="Renamed", url="http://10.0.0.1/"))
    assert answer.status_code == 422
    assert channel_setup.stored(Channel.objects.get())["url"] == URL


def test_the_test_button_says_what_came_back(as_alice: Client, project: Project, settings: Any) -> None:
    with serving(Reply(410)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        page = as_alice.post(f"{BASE}{channel.pk}/test/", follow=True)
    assert "Answered 410." in page.content.decode()
    assert len(server.requests) == 1
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True))[1:] == [
        "channel.test",
        "channel.view",
    ]


def test_a_channel_is_switched_and_deleted(as_alice: Client, project: Project) -> None:
    channel = make.channel(project)
    as_alice.post(f"{BASE}{channel.pk}/disable/")
    assert "By hand." in as_alice.get(BASE).content.decode()
    as_alice.post(f"{BASE}{channel.pk}/enable/")
    assert Channel.objects.get().is_enabled
    as_alice.post(f"{BASE}{channel.pk}/delete/")
    assert not Channel.objects.exists()


def test_a_broken_channel_is_shown_with_its_reason(
    as_alice: Client, project: Project, settings: Any, now: datetime
) -> None:
    with serving(Reply(404)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        make.transition(events_make.issue(project, title="<script>alert(1)</script>"))
        notify.claim_transitions(now=now)
        deliver.run(now=now)
    for address in (BASE, f"{BASE}{channel.pk}/"):
        text = as_alice.get(address).content.decode()
        assert "Answered 404." in text
        assert "Given up" in text
        assert "<script>alert" not in text


def test_the_log_is_filtered_and_paged(as_bob: Client, project: Project, now: datetime) -> None:
    channel = make.channel(project)
    make.transitions(project, 20)
    notify.claim_transitions(now=now)
    for minute in (2, 4, 6):
        make.transitions(project, 20)
        notify.claim_transitions(now=now + timedelta(minutes=minute))
    Notification.objects.filter(pk=Notification.objects.earliest("id").pk).update(status="sent")
    first = as_bob.get(f"{BASE}{channel.pk}/")
    assert len(first.context["log"].notifications) == 50
    second = as_bob.get(f"{BASE}{channel.pk}/?before={first.context['log'].older}")
    assert second.context["log"].older is None
    sent = as_bob.get(f"{BASE}{channel.pk}/?status=sent")
    assert [notification.status for notification in sent.context["log"].notifications] == ["sent"]
    assert as_bob.get(f"{BASE}{channel.pk}/?status=x&before=-1").status_code == 200


def test_the_pages_ask_as_many_questions_for_many_rows_as_for_one(
    as_bob: Client, project: Project, now: datetime, django_assert_max_num_queries: Any
) -> None:
    for n in range(5):
        make.channel(project, name=f"channel {n}")
    make.transitions(project, 4)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    as_bob.get(BASE)
    with django_assert_max_num_queries(22):
        assert as_bob.get(BASE).status_code == 200
    with django_assert_max_num_queries(22):
        as_bob.get(f"{BASE}{Channel.objects.all()[0].pk}/")


CHANGES = ["edit", "enable", "disable", "test", "delete"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_viewer_changes_nothing(as_bob: Client, project: Project, change: str) -> None:
    channel = make.channel(project)
    assert as_bob.post(f"{BASE}{channel.pk}/{change}/").status_code == 403
    assert as_bob.post(f"{BASE}new/email/", filled(addresses="a@example.org")).status_code == 403
    assert Channel.objects.count() == 1


@pytest.mark.parametrize("address", ["", "new/slack/", "{}/", *(f"{{}}/{change}/" for change in CHANGES)])
def test_a_stranger_finds_nothing(as_charlie: Client, project: Project, address: str) -> None:
    address = BASE + address.format(make.channel(project).pk)
    assert as_charlie.post(address).status_code in (404, 405)
    assert as_charlie.get(address).status_code in (404, 405)


@pytest.mark.parametrize("change", ["", *(f"{change}/" for change in CHANGES)])
def test_a_channel_of_another_project_is_not_found(as_alice: Client, project: Project, change: str) -> None:
    channel = make.channel(Project.objects.create(slug="other", name="Other"))
    answer = as_alice.post(f"{BASE}{channel.pk}/{change}") if change else as_alice.get(f"{BASE}{channel.pk}/")
    assert answer.status_code == 404


@pytest.mark.parametrize("change", ["enable", "disable", "test", "delete"])
def test_nothing_changes_by_a_link(as_alice: Client, project: Project, change: str) -> None:
    assert as_alice.get(f"{BASE}{make.channel(project).pk}/{change}/").status_code == 405


def test_conduct_is_stored_and_shown(as_alice: Client, project: Project) -> None:
    other = make.channel(project, name="Other")
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00", "quiet_days": ["4", "5"], "quiet_zone": "Europe/Berlin"}
    as_alice.post(
        f"{BASE}new/standard/", filled(url=URL, secret=make.STANDARD, fallback=other.pk, is_house="on", **quiet)
    )
    channel = Channel.objects.get(name="Team")
    assert (channel.fallback, channel.quiet_days, channel.quiet_zone) == (other, [4, 5], "Europe/Berlin")
    assert not channel.is_house  # only superusers are asked
    listed = as_alice.get(BASE).content.decode()
    assert "quiet 22:00–07:00 Europe/Berlin" in listed
    assert "else “Other”" in listed
    form = as_alice.get(f"{BASE}{channel.pk}/edit/").content.decode()
    assert 'value="22:00"' in form
    assert form.count("checked") == 2
    answer = as_alice.post(
        f"{BASE}{channel.pk}/edit/", filled(fallback=other.pk, **{**quiet, "quiet_zone": "Mars/Base"})
    )
    assert (answer.status_code, "Not the name of a time zone" in answer.content.decode()) == (422, True)
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    client.post(f"{BASE}{channel.pk}/edit/", filled(is_house="on"))
    channel.refresh_from_db()
    assert (channel.is_house, channel.fallback, channel.quiet_from) == (True, None, None)


def test_a_refused_address_names_the_setting_that_would_allow_it(as_alice: Client) -> None:
    answer = as_alice.post(f"{BASE}new/standard/", filled(url="http://10.1.2.3:8065/x", secret=make.STANDARD))
    assert "OBS_OUTBOUND_ALLOW=10.1.2.3:8065 would allow it." in answer.content.decode()


def test_the_log_is_narrowed_paged_and_taken_along(as_alice: Client, project: Project, now: datetime) -> None:
    lost = make.given_up(project)
    there = {"payload_version": 1, "next_attempt_at": now, "created_at": now, "channel": make.channel(project)}
    rows = [
        Notification(dedup=str(n), kind="new_issue", status="sent", payload={"title": f"=Error {n:03}"}, **there)
        for n in range(60)
    ]
    Notification.objects.bulk_create(rows)
    first = as_alice.get(f"{BASE}log/")
    assert [one.payload["title"] for one in first.context["log"].notifications][::49] == ["=Error 059", "=Error 010"]
    second = as_alice.get(f"{BASE}log/", {"before": first.context["log"].older})
    assert len(second.context["log"].notifications) == 11
    dead = as_alice.get(f"{BASE}log/", {"status": "dead", "kind": "firing", "channel": lost.channel_id, "before": "x"})
    assert [one.pk for one in dead.context["log"].notifications] == [lost.pk]
    lines = as_alice.get(f"{BASE}log.csv", {"kind": "new_issue"}).content.decode().splitlines()
    assert len(lines) == 61
    assert "'=Error 059" in lines[1]
    assert as_alice.get(f"{BASE}log/", {"kind": "nonsense"}).status_code == 200


def test_what_was_given_up_is_tried_again_by_hand(
    as_alice: Client, as_bob: Client, project: Project, settings: Any, now: datetime
) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        lost = make.given_up(project)
        Notification.objects.filter(pk=lost.pk).update(channel=make.channel(project, server.url))
        message = {"kind": "firing", "dedup": "x", "title": "Lost", "project": "Web", "at": now.isoformat()}
        Notification.objects.filter(pk=lost.pk).update(payload=message)
        assert "Try again" in as_alice.get(f"{BASE}log/").content.decode()
        assert "Try again" not in as_bob.get(f"{BASE}log/").content.decode()
        again = f"{BASE}log/{lost.pk}/retry/"
        assert "on its way" in as_alice.post(again, follow=True).content.decode()
        assert "Only what was given up" in as_alice.post(again, follow=True).content.decode()
        lost.refresh_from_db()
        deliver.run(now=lost.next_attempt_at)
    lost.refresh_from_db()
    assert (lost.status, len(server.requests)) == ("sent", 1)
    assert AuditEntry.objects.filter(action="delivery.retry").count() >= 1
    Notification.objects.filter(pk=lost.pk).update(status="dead")
    channel_setup.disable(lost.channel, reason="By hand.", now=now)
    Channel.objects.filter(pk=Notification.objects.get(pk=lost.pk).channel_id).update(is_enabled=False)
    assert "enable it first" in as_alice.post(again, follow=True).content.decode()
