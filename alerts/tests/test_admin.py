"""The admin manages channels by the functions the pages use, and shows the log without changing it."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.delivery import channel_setup, deliver, notify
from alerts.models import Channel, DeliveryAttempt, Notification
from alerts.tests import make
from alerts.tests.servers import serving
from events.models import AuditEntry, Project

URL = "https://1.1.1.1/hook/of/the/team/secretX1a9"
CHANNELS = "/admin/alerts/channel/"


@pytest.fixture
def as_root(db: None) -> Client:
    client = Client()
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    return client


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="channel.").order_by("id")
    return list(found.values_list("action", flat=True))


def filled(project: Project, **fields: Any) -> dict[str, Any]:
    return {"project": project.pk, "name": "Team", "kind": "webhook", "min_level": "debug", **fields}


def test_a_channel_is_added_by_the_audited_function(as_root: Client, project: Project) -> None:
    assert as_root.get(f"{CHANNELS}add/").status_code == 200
    answer = as_root.post(f"{CHANNELS}add/", filled(project, url=URL, secret=make.SIGNING))
    assert answer.status_code == 302
    assert channel_setup.stored(Channel.objects.get()) == {"url": URL, "secret": make.SIGNING}
    assert actions() == ["channel.create"]


def test_a_private_address_is_refused_when_added_and_when_changed(as_root: Client, project: Project) -> None:
    private = {"url": "http://127.0.0.1/", "secret": make.SIGNING}
    answer = as_root.post(f"{CHANNELS}add/", filled(project, **private))
    assert "not public" in answer.content.decode()
    channel = make.channel(project, URL)
    answer = as_root.post(f"{CHANNELS}{channel.pk}/change/", filled(project, **private))
    assert "not public" in answer.content.decode()
    assert channel_setup.stored(Channel.objects.get())["url"] == URL


def test_a_channel_is_changed_without_showing_its_secrets(as_root: Client, project: Project) -> None:
    channel = make.channel(project, URL)
    text = as_root.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert "1.1.1.1/…X1a9" in text
    assert "secretX1a9" not in text
    assert make.SIGNING not in text
    answer = as_root.post(f"{CHANNELS}{channel.pk}/change/", filled(project, name="Renamed"))
    assert answer.status_code == 302
    channel = Channel.objects.get()
    assert (channel.name, channel_setup.stored(channel)["url"]) == ("Renamed", URL)
    assert actions() == ["channel.create", "channel.update"]


def test_a_name_that_is_taken_is_refused(as_root: Client, project: Project) -> None:
    make.channel(project, name="Team")
    other = make.channel(project, name="other")
    answer = as_root.post(f"{CHANNELS}{other.pk}/change/", filled(project))
    assert "has this name" in answer.content.decode()
    answer = as_root.post(f"{CHANNELS}add/", filled(project, kind="email", addresses="a@example.org"))
    assert answer.status_code == 200
    assert Channel.objects.count() == 2


def test_channels_are_switched_tested_and_deleted_by_the_audited_functions(
    as_root: Client, project: Project, settings: Any
) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        for action in ("disable", "enable", "send_test"):
            page = as_root.post(CHANNELS, {"action": action, "_selected_action": [channel.pk]}, follow=True)
        assert "Delivered (200)" in page.content.decode()
    selected = {"action": "delete_selected", "_selected_action": [channel.pk], "post": "yes"}
    as_root.post(CHANNELS, selected)
    assert not Channel.objects.exists()
    assert actions() == [f"channel.{name}" for name in ("create", "disable", "enable", "test", "delete")]


def test_one_channel_is_deleted_by_the_audited_function(as_root: Client, project: Project) -> None:
    as_root.post(f"{CHANNELS}{make.channel(project).pk}/delete/", {"post": "yes"})
    assert actions() == ["channel.create", "channel.delete"]


@pytest.mark.parametrize("model", ["channel", "notification", "deliveryattempt"])
def test_a_list_asks_as_many_questions_for_many_rows_as_for_few(
    as_root: Client, project: Project, now: datetime, model: str
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert as_root.get(f"/admin/alerts/{model}/").status_code == 200
        return len(asked)

    make.channel(project)
    make.transitions(project, 1)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    questions()
    few = questions()
    for n in range(6):
        make.channel(project, name=f"channel {n}")
    make.transitions(project, 4)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    assert DeliveryAttempt.objects.count() == 29
    assert questions() == few


def test_the_log_is_read_only(as_root: Client, project: Project, now: datetime) -> None:
    make.channel(project)
    make.transitions(project, 1)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    notification, attempt = Notification.objects.get(), DeliveryAttempt.objects.get()
    for model, pk in (("notification", notification.pk), ("deliveryattempt", attempt.pk)):
        assert as_root.get(f"/admin/alerts/{model}/{pk}/change/").status_code == 200
        assert as_root.post(f"/admin/alerts/{model}/{pk}/change/", {}).status_code == 403
        assert as_root.post(f"/admin/alerts/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert as_root.get(f"/admin/alerts/{model}/add/").status_code == 403
