"""The channel pages show state and log without secrets, and change channels through the audited functions."""

from datetime import datetime, timedelta
from typing import Any

import pytest
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
    expected = {"slack": {"url"}, "discord": {"url"}, "webhook": {"url", "secret"}, "email": {"addresses"}}[kind]
    assert fields == {"name", "min_level", "transitions", "environments"} | expected
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
