"""Channels change through functions that audit each change and refuse what may not be reached."""

from datetime import datetime
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from alerts.delivery import channel_setup
from alerts.models import Channel, DeliveryAttempt, Notification
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from events.models import AuditEntry, Project

URL = "https://1.1.1.1/hook/of/the/team/X1a9"
SAME: dict[str, Any] = {"name": "webhook", "transitions": [], "min_level": "debug", "environments": []}
PRIVATE = [
    "http://127.0.0.1/",
    "http://169.254.169.254/",
    "http://localhost/",
    "http://[fd00::1]/",
    "gopher://1.1.1.1/",
]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_new_channel_is_encrypted_masked_and_audited(project: Project) -> None:
    channel = Channel.objects.get(pk=make.channel(project, URL).pk)
    assert channel.masked == "1.1.1.1/…X1a9"
    assert channel_setup.stored(channel) == {"url": URL, "secret": make.SIGNING}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.project_id) == ("channel.create", project.pk)
    assert entry.detail == {"kind": "webhook", "name": "webhook", "to": "1.1.1.1/…X1a9"}


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_is_refused_when_a_channel_is_made(project: Project, url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        make.channel(project, url)
    assert "url" in raised.value.message_dict
    assert not Channel.objects.exists()


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_is_refused_when_a_channel_is_changed(project: Project, url: str, now: datetime) -> None:
    channel = make.channel(project, URL)
    with pytest.raises(ValidationError):
        channel_setup.update(channel, config={"url": url}, actor="test", now=now, **SAME)
    assert channel_setup.stored(Channel.objects.get()) == {"url": URL, "secret": make.SIGNING}


def test_a_stored_address_that_became_private_is_refused_when_it_is_tested(
    project: Project, settings: Any, now: datetime
) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        settings.OBS_OUTBOUND_ALLOW = []
        outcome = channel_setup.test(channel, actor="test", now=now)
    assert (outcome.is_sent, server.requests) == (False, [])


def test_a_field_left_empty_keeps_what_is_stored(project: Project, now: datetime) -> None:
    channel = make.channel(project, URL)
    other = "https://1.1.1.1/another/hook/zzzz"
    channel_setup.update(channel, config={"url": other, "secret": ""}, actor="test", now=now, **SAME)
    assert channel_setup.stored(Channel.objects.get()) == {"url": other, "secret": make.SIGNING}
    assert AuditEntry.objects.get(action="channel.update").detail["changed"] == ["url"]
    channel_setup.update(channel, config={}, actor="test", now=now, **SAME | {"min_level": "fatal"})
    assert Channel.objects.get().min_level == "fatal"
    assert channel_setup.stored(Channel.objects.get())["url"] == other


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 61}, {"transitions": ["deleted"]}, {"min_level": "loud"}, {"kind": "pager"}],
)
def test_nonsense_makes_no_channel(project: Project, now: datetime, wrong: dict[str, Any]) -> None:
    given = {"kind": "email", "name": "x", "config": {"addresses": "a@example.org"}, **wrong}
    with pytest.raises(ValidationError):
        channel_setup.create(project, actor="test", now=now, **given)


def test_a_name_is_taken_once_in_a_project(project: Project) -> None:
    make.channel(project, name="team")
    with pytest.raises(ValidationError):
        make.channel(project, name="team")
    make.channel(Project.objects.create(slug="other", name="Other"), name="team")
    assert Channel.objects.count() == 2


def test_switching_a_channel_is_audited_once(project: Project, now: datetime) -> None:
    channel = make.channel(project)
    assert channel_setup.disable(channel, reason="By hand.", actor="test", now=now)
    assert not channel_setup.disable(channel, reason="Again.", actor="test", now=now)
    assert Channel.objects.get().disabled_reason == "By hand."
    assert channel_setup.enable(channel, actor="test", now=now)
    assert not channel_setup.enable(channel, actor="test", now=now)
    channel = Channel.objects.get()
    assert (channel.is_enabled, channel.disabled_reason, channel.disabled_at) == (True, "", None)
    assert actions() == ["channel.create", "channel.disable", "channel.enable"]


def test_enabling_ends_a_pause(project: Project, now: datetime) -> None:
    channel = make.channel(project)
    Channel.objects.update(is_enabled=False, paused_until=now)
    channel_setup.enable(channel, actor="test", now=now)
    assert Channel.objects.get().paused_until is None


def test_a_deleted_channel_leaves_an_audit_entry(project: Project, now: datetime) -> None:
    channel = make.channel(project)
    pk = channel.pk
    channel_setup.delete(channel, actor="test", now=now)
    entry = AuditEntry.objects.get(action="channel.delete")
    assert (entry.object_type, entry.object_id) == ("channel", str(pk))
    assert not Channel.objects.exists()


@pytest.mark.parametrize(("status", "words"), [(200, "Delivered (200) in"), (404, "Answered 404.")])
def test_a_test_message_stands_in_the_log_and_changes_no_channel(
    project: Project, settings: Any, now: datetime, status: int, words: str
) -> None:
    with serving(Reply(status)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        outcome = channel_setup.test(channel, actor="test", now=now)
    notification = Notification.objects.get()
    assert outcome.words.startswith(words)
    assert (notification.kind, notification.status) == ("test", "sent" if status == 200 else "dead")
    assert DeliveryAttempt.objects.get().status == status
    assert Channel.objects.get().is_enabled
    assert AuditEntry.objects.get(action="channel.test").detail == {"is_sent": status == 200, "status": status}


def test_a_channel_that_is_off_can_be_tested(project: Project, now: datetime) -> None:
    channel = make.channel(project)
    channel_setup.disable(channel, reason="By hand.", now=now)
    assert channel_setup.test(channel, actor="test", now=now).is_sent
    assert mail.outbox[0].subject == "[Web] Test message: “email” can be reached"
