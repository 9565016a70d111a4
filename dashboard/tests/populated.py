"""A project with something on every page, hostile text included."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard import sample
from dashboard.tests import hostile
from events.models import Activity, Attachment, Commit, Deploy, Environment, Feedback, Issue, Occurrence, Project, Release
from events.tests import make


@dataclass(frozen=True)
class World:
    project: Project
    issue: Issue
    occurrence: Occurrence
    hostile_issue: Issue
    release: Release
    attachment: Attachment


def populate(project: Project, *, person: Any, now: datetime) -> World:
    """Rows behind every page, all seen within the last day of `now`."""
    Project.objects.filter(pk=project.pk).update(first_event_at=now - timedelta(days=3))
    project.refresh_from_db()
    for name in ("production", "staging"):
        Environment.objects.create(project=project, name=name)
    release = make.release(project, "shop@1.4.2", created_at=now - timedelta(days=1), new_issue_count=2)
    make.release(project, hostile.XSS[0] + "\n/x", created_at=now - timedelta(days=2))
    Deploy.objects.create(release=release, environment="production", name="blue", finished_at=now - timedelta(hours=5))
    Commit.objects.create(release=release, position=0, sha="a" * 40, author="Ada", message=f"Fix the basket {hostile.XSS[2]}")
    issue, occurrence = _issue(project, release, now=now, payload=sample.event(now=now), title="TypeError: unsupported operand", seed=3)
    texts = "".join(hostile.XSS)
    hostile_issue, _ = _issue(
        project, release, now=now, payload=hostile.event(texts), title=texts[:200], seed=7, culprit=texts[:200],
        first_release=hostile.XSS[0] + "\n", is_regressed=True, level="fatal",
    )  # fmt: skip
    for index, text in enumerate(hostile.XSS):
        _issue(project, release, now=now, payload=hostile.event(text), title=text, seed=index, culprit=text, level="warning")
    Activity.objects.create(issue=issue, at=now, actor=person, action="comment", text=texts)
    Activity.objects.create(issue=issue, at=now, actor=person, action="resolve", detail={"release": texts, "in_next": False})
    Feedback.objects.create(
        project=project, feedback_id=uuid.uuid4(), event_id=occurrence.event_id, at=now - timedelta(hours=1), name=hostile.XSS[2],
        contact_email="u@example.org", message="The basket is empty after paying.\n" + texts, url="javascript:alert(1)", environment="production",
    )  # fmt: skip
    attachment = Attachment.objects.create(
        project=project, attachment_id=uuid.uuid4(), event_id=occurrence.event_id, at=now, filename='a"b\n<script>.html',
        content_type="text/html", size=25, content=b"<script>alert(1)</script>",
    )  # fmt: skip
    return World(project, issue, occurrence, hostile_issue, release, attachment)


def _issue(project: Project, release: Release, *, now: datetime, payload: dict[str, Any], title: str, seed: int, **fields: Any) -> tuple[Issue, Occurrence]:
    values = {
        "culprit": "shop.payments in pay", "level": "error", "event_count": 40 + seed * 11, "user_count": 7 + seed, "first_release": release.version,
        "last_release": release.version, "first_seen_at": now - timedelta(hours=20), "last_seen_at": now - timedelta(minutes=5 + seed), **fields,
    }  # fmt: skip
    issue = make.issue(project, title=title, type="TypeError", **values)
    group = issue.groups.get()
    group.components = ["exception TypeError", f"frame {title}"]
    group.save()
    make.hours(group, {ago: (ago * 7 + seed * 5) % 13 + 1 for ago in range(22)}, now=now)
    kept = [
        make.occurrence(group, ordinal=n, payload={**payload, "event_id": (event_id := uuid.uuid4()).hex}, event_id=event_id, at=now - timedelta(hours=3 - n))
        for n in (1, 2)
    ]  # fmt: skip
    return issue, kept[-1]
