"""A resolution by hand: whoever keeps the issue open hears of it, and nobody else."""

from datetime import datetime
from typing import Any

import pytest

from alerts.delivery import notify
from alerts.delivery.channels import pagerduty
from alerts.delivery.messages import unpack
from alerts.models import Channel, Notification
from alerts.tests import make
from events.issues import triage
from events.models import Issue, Project, Transition
from events.tests import make as events_make

pytestmark = pytest.mark.django_db
PUBLIC = "https://93.184.216.34/hook"
KINDS = ("pagerduty", "discord", "webhook", "slack")


def told(issue: Issue) -> list[tuple[str, str]]:
    return list(Notification.objects.filter(issue=issue).order_by("pk").values_list("channel__name", "kind"))


@pytest.fixture
def channels(project: Project) -> dict[str, Channel]:
    urls = {
        "discord": "https://discord.com/api/webhooks/1/abcdefgh",
        "slack": "https://hooks.slack.com/services/T00000000/B00000000/abcdefgh",
    }
    made = {kind: make.channel(project, urls.get(kind, PUBLIC), kind=kind) for kind in KINDS}
    made["late"] = make.channel(project, PUBLIC, kind="pagerduty", name="late", transitions=["regression"])
    return made


def test_a_resolution_ends_what_was_opened(
    project: Project, channels: dict[str, Channel], alice: Any, now: datetime
) -> None:
    issue, other = events_make.issue(project), events_make.issue(project)
    make.transition(issue)
    make.transition(other)
    notify.claim_transitions(now=now)
    before = told(issue)
    assert sorted(before) == sorted((kind, "new_issue") for kind in KINDS), "the late one hears of what comes back only"
    triage.resolve(issue, actor=alice, now=now)
    assert notify.claim_transitions(now=now) == 1
    assert sorted(told(issue)[len(before) :]) == [(kind, "resolved") for kind in ("discord", "pagerduty", "webhook")]
    assert all(kind == "new_issue" for _, kind in told(other))
    triage.resolve(issue, actor=alice, now=now)
    notify.claim_transitions(now=now)
    assert len(told(issue)) == len(before) + 3, "what ended does not end again"
    make.transition(issue, kind="regression")
    Issue.objects.filter(pk=issue.pk).update(status=Issue.Status.UNRESOLVED, is_regressed=True)
    notify.claim_transitions(now=now)
    triage.resolve(issue, actor=alice, now=now)
    notify.claim_transitions(now=now)
    assert ("late", "resolved") in told(issue)


def test_pagerduty_is_given_the_key_that_opened_it(
    project: Project, channels: dict[str, Channel], alice: Any, now: datetime
) -> None:
    issue = events_make.issue(project)
    make.transition(issue)
    notify.claim_transitions(now=now)
    triage.resolve(issue, actor=alice, now=now)
    notify.claim_transitions(now=now)
    rows = Notification.objects.filter(channel=channels["pagerduty"]).order_by("pk")
    config = {"url": PUBLIC, "routing_key": make.ROUTING_KEY}
    sent = [pagerduty.event(config, unpack(row.payload)) for row in rows]
    assert [one["event_action"] for one in sent] == ["trigger", "resolve"]
    assert sent[0]["dedup_key"] == sent[1]["dedup_key"]


def test_a_resolution_of_what_nobody_was_told_says_nothing(project: Project, alice: Any, now: datetime) -> None:
    make.channel(project, PUBLIC)
    issue = events_make.issue(project)
    triage.resolve(issue, actor=alice, now=now)
    assert notify.claim_transitions(now=now) == 1
    assert not Notification.objects.exists()
    assert Transition.objects.get().claimed_at == now
