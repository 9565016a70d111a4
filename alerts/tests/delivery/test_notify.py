"""Transitions become notifications of the channels that want them; too many become one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from alerts.delivery import messages, notify
from alerts.models import Channel, Notification
from alerts.tests import make
from events.models import Project, Transition
from events.runtime import bell
from events.tests import make as events_make
from events.tests.cast import rung

URL = "https://1.1.1.1/hook/of/the/team/9x"
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("filters", "heard"),
    [
        ({}, True),
        ({"transitions": ["regression"]}, False),
        ({"transitions": ["new_issue", "regression"]}, True),
        ({"min_level": "error"}, True),
        ({"min_level": "fatal"}, False),
        ({"environments": ["production"]}, True),
        ({"environments": ["staging"]}, False),
    ],
)
def test_a_channel_hears_what_its_filters_let_through(filters: dict[str, Any], heard: bool) -> None:
    channel = Channel(**filters)
    assert notify.wants(channel, kind="new_issue", level="error", environment="production") is heard


def test_what_has_no_environment_passes_every_environment_filter() -> None:
    assert notify.wants(Channel(environments=["staging"]), kind="unignored", level="error", environment="")


@pytest.mark.parametrize(
    ("arriving", "in_minute", "in_hour", "hourly", "spacing"),
    [
        (1, 0, 0, None, None),
        (20, 0, 0, None, None),
        (21, 0, 0, None, notify.MINUTE),
        (1, 19, 500, None, None),
        (1, 20, 500, None, notify.MINUTE),
        (1, 0, 29, 30, None),
        (1, 0, 30, 30, notify.HOUR),
        (31, 0, 0, 30, notify.HOUR),
    ],
)
def test_more_than_a_channel_takes_is_folded(
    arriving: int, in_minute: int, in_hour: int, hourly: int | None, spacing: timedelta | None
) -> None:
    assert notify.fold_spacing(arriving=arriving, in_minute=in_minute, in_hour=in_hour, hourly=hourly) == spacing


def test_a_transition_becomes_one_message_for_each_channel(project: Project, now: datetime) -> None:
    make.channel(project, URL, name="a")
    make.channel(project, name="b")
    issue = events_make.issue(project, title="KeyError: 'x'", events=3, users=(1, 2))
    transition = make.transition(issue)
    assert notify.claim_transitions(now=now) == 1
    assert notify.claim_transitions(now=now) == 0
    [first, second] = Notification.objects.order_by("channel__name")
    assert first.dedup != second.dedup
    assert (first.transition, first.issue, first.status, first.next_attempt_at) == (transition, issue, "pending", now)
    message = messages.unpack(first.payload)
    assert (message.kind, message.title, message.project) == ("new_issue", "KeyError: 'x'", "Web")
    assert (message.environment, message.release) == ("production", "web@1.0.0")
    assert (message.event_count, message.user_count) == (3, 2)
    assert message.link == f"http://127.0.0.1:8000/p/web/issues/{issue.pk}/"
    assert Transition.objects.get().claimed_at == now


def test_messages_that_wait_are_rung_for_once_they_are_committed(
    project: Project, now: datetime, clean_redis: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    make.channel(project, URL)
    make.transition(events_make.issue(project))
    with django_capture_on_commit_callbacks(execute=True):
        notify.claim_transitions(now=now)
        assert clean_redis.zscore(bell.KEY, bell.NOTIFICATIONS) is None
    assert rung(clean_redis, bell.NOTIFICATIONS)


def test_a_transition_claimed_twice_after_a_crash_makes_no_second_message(project: Project, now: datetime) -> None:
    make.channel(project, URL)
    make.transition(events_make.issue(project))
    notify.claim_transitions(now=now)
    Transition.objects.update(claimed_at=None)
    notify.claim_transitions(now=now)
    assert Notification.objects.count() == 1


def test_a_channel_that_is_off_and_one_of_another_project_hear_nothing(project: Project, now: datetime) -> None:
    other = Project.objects.create(slug="other", name="Other")
    make.channel(other, URL)
    Channel.objects.filter(pk=make.channel(project, URL).pk).update(is_enabled=False)
    make.transition(events_make.issue(project))
    assert notify.claim_transitions(now=now) == 1
    assert not Notification.objects.exists()


def test_a_storm_becomes_one_digest(project: Project, now: datetime) -> None:
    make.channel(project, URL)
    make.transitions(project, 25)
    notify.claim_transitions(now=now)
    digest = Notification.objects.get(status="pending")
    message = messages.unpack(digest.payload)
    assert (digest.kind, message.title, message.more_count) == ("digest", "25 messages as one", 15)
    assert message.lines[0] == "New issue: Error 0"
    assert digest.folded.filter(status="suppressed").count() == 25


def test_what_follows_in_a_storm_waits_for_the_next_minute(project: Project, now: datetime) -> None:
    make.channel(project, URL)
    make.transitions(project, 25)
    notify.claim_transitions(now=now)
    Notification.objects.filter(kind="digest").update(status="sent", attempts=1)
    for second in (10, 20):
        make.transitions(project, 2)
        notify.claim_transitions(now=now + timedelta(seconds=second))
    digest = Notification.objects.get(status="pending")
    assert digest.next_attempt_at == now + timedelta(minutes=1)
    assert messages.unpack(digest.payload).title == "4 messages as one"


def test_after_a_storm_messages_are_single_again(project: Project, now: datetime) -> None:
    make.channel(project, URL)
    make.transitions(project, 25)
    notify.claim_transitions(now=now)
    make.transitions(project, 1)
    notify.claim_transitions(now=now + timedelta(seconds=61))
    assert Notification.objects.filter(kind="new_issue", status="pending").count() == 1


def test_a_digest_has_the_worst_level(project: Project, now: datetime) -> None:
    make.channel(project, URL)
    make.transitions(project, 25)
    make.transition(events_make.issue(project, level="fatal"))
    notify.claim_transitions(now=now)
    assert Notification.objects.get(kind="digest").payload["level"] == "fatal"


def test_mail_is_bounded_by_the_hour(project: Project, now: datetime, settings: Any) -> None:
    settings.OBS_MAILS_PER_HOUR = 3
    make.channel(project)
    for minute in range(0, 50, 10):
        make.transitions(project, 1)
        notify.claim_transitions(now=now + timedelta(minutes=minute))
    kinds = Notification.objects.exclude(status="suppressed").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["new_issue"] * 3 + ["digest"]


def test_the_number_of_queries_does_not_grow_with_the_transitions(
    project: Project, now: datetime, django_assert_max_num_queries: Any
) -> None:
    make.channel(project, URL)
    make.transitions(project, 15)
    with django_assert_max_num_queries(11):
        assert notify.claim_transitions(now=now) == 15


def test_the_other_channels_hear_of_a_broken_one_once_an_hour(project: Project, now: datetime) -> None:
    broken, other = make.channel(project, URL, name="broken"), make.channel(project, name="other")
    for _ in range(2):
        notify.about_channel(broken, title="“broken” was disabled", reason="Answered 404.", now=now)
    notification = Notification.objects.get()
    assert (notification.channel, notification.kind) == (other, "channel")
    assert notification.payload["reason"] == "Answered 404."
