"""A project with something on every page, hostile text included."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alerts.tests import make as make_alerts
from dashboard.pages.boards import arranging
from dashboard.samples import sample_error
from dashboard.tests import hostile
from events.consent import ledger
from events.facts import segments
from events.models import (
    Activity,
    Attachment,
    Commit,
    Deploy,
    Environment,
    Feedback,
    Group,
    IngestKey,
    Issue,
    Occurrence,
    Person,
    Project,
    Release,
)
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
    IngestKey.objects.create(project=project, label="default")
    for name in ("production", "staging"):
        Environment.objects.create(project=project, name=name)
    release = make.release(project, "shop@1.4.2", created_at=now - timedelta(days=1), new_issue_count=2)
    make.release(project, hostile.XSS[0] + "\n/x", created_at=now - timedelta(days=2))
    Deploy.objects.create(release=release, environment="production", name="blue", finished_at=now - timedelta(hours=5))
    Commit.objects.create(
        release=release, position=0, sha="a" * 40, author="Ada", message=f"Fix the basket {hostile.XSS[2]}"
    )
    issue, occurrence = _issue(
        project, release, now=now, payload=sample_error.event(now=now), title="TypeError: unsupported operand", seed=3
    )
    texts = "".join(hostile.XSS)
    hostile_issue, _ = _issue(
        project,
        release,
        now=now,
        payload=hostile.event(texts),
        title=texts[:200],
        seed=7,
        culprit=texts[:200],
        first_release=hostile.XSS[0] + "\n",
        is_regressed=True,
        level="fatal",
    )
    for index, text in enumerate(hostile.XSS):
        _issue(
            project,
            release,
            now=now,
            payload=hostile.event(text),
            title=text,
            seed=index,
            culprit=text,
            level="warning",
        )
    attachment = _writings(project, issue, occurrence, person=person, texts=texts, now=now)
    _facts(project, issue, release, now=now)
    _persons(project, texts=texts, now=now)
    _board(project, texts=texts, person=person, now=now)
    return World(project, issue, occurrence, hostile_issue, release, attachment)


def _writings(
    project: Project, issue: Issue, occurrence: Occurrence, *, person: Any, texts: str, now: datetime
) -> Attachment:
    """What people wrote and sent about an issue; the attachment is returned."""
    Activity.objects.create(issue=issue, at=now, actor=person, action="comment", text=texts)
    incident = make_alerts.incident(project, title=texts[:150], text=texts, now=now)
    evidence = {
        "series": [[(now - timedelta(minutes=n)).isoformat(), float(9 - n)] for n in range(9, 0, -1)],
        "threshold": 4.0, "unit": "%", "words": texts, "contributors": [{"words": texts}],
        "rule": {"name": texts, "kind": "threshold", "metric": "requests.error_rate", "config": {"side": texts}},
    }  # fmt: skip
    incident.alerts.create(
        source="rule", source_id=1, key=f"rule of {project.pk}", title=texts[:200], severity="error",
        labels={"route": texts}, words=texts[:300], evidence=evidence, began_at=now,
    )  # fmt: skip
    make_alerts.status_page(project, word=texts[:60], now=now)
    Activity.objects.create(
        issue=issue, at=now, actor=person, action="resolve", detail={"release": texts, "in_next": False}
    )
    Feedback.objects.create(
        project=project,
        feedback_id=uuid.uuid4(),
        event_id=occurrence.event_id,
        at=now - timedelta(hours=1),
        name=hostile.XSS[2],
        contact_email="u@example.org",
        message="The basket is empty after paying.\n" + texts,
        url="javascript:alert(1)",
        environment="production",
    )
    return Attachment.objects.create(
        project=project,
        attachment_id=uuid.uuid4(),
        event_id=occurrence.event_id,
        at=now,
        filename='a"b\n<script>.html',
        content_type="text/html",
        size=25,
        content=b"<script>alert(1)</script>",
    )


def _persons(project: Project, *, texts: str, now: datetime) -> None:
    """Somebody with errors, under two ids, and a group."""
    named = {texts[:100]: texts[:200], "plan": "team"}
    person = Person.objects.create(project=project, properties=named, created_at=now, merge_refused_at=now)
    for visitor in (1, 2):
        person.ids.create(project=project, visitor=visitor, name=texts[:200] if visitor == 2 else "")
    Group.objects.create(project=project, type=texts[:60], key=texts[:200], properties=named, created_at=now)
    for visitor, state in ((1, "given"), (2, "given"), (1, "withdrawn")):
        ledger.record(project.pk, visitor, state=state, version=texts[:80], source="page", now=now)


def _board(project: Project, *, texts: str, person: Any, now: datetime) -> None:
    """Two charts of one name and one that is asked, under hostile names."""
    board = arranging.create(project, name=texts, actor=person, now=now)
    for url, width in (
        ("charts/errors/", "two"),
        ("charts/errors/", "one"),
        ("insights/?event=signup&by=country", "all"),
    ):
        arranging.add(board, url=f"/p/{project.slug}/{url}", title=texts, width=width, actor=person, now=now)


def _facts(project: Project, issue: Issue, release: Release, *, now: datetime) -> None:
    """A day of errors and sessions, so that charts have something to draw."""
    group = issue.groups.get()
    errors = [
        {
            "at": now - timedelta(minutes=7 * n),
            "event_id": uuid.uuid4().hex,
            "group_hash": group.hash.hex,
            "environment": "production",
            "level": ("error", "error", "warning", "fatal", "error", "info")[n % 6],
            "release": release.version,
            "user_key": n % 17,
            "tags": {
                "browser": ("Firefox", "Chrome", "Chrome", "Safari")[n % 4],
                "page": hostile.XSS[n % len(hostile.XSS)],
            },
        }
        for n in range(1, 200)
        for _ in range(1 + (n * 13) % 7)
    ]
    sessions = [
        {
            "at": now - timedelta(minutes=11 * n),
            "release": release.version,
            "environment": "production",
            "started": 100 + n % 9,
            "exited": 98,
            "errored": 1,
            "crashed": n % 3,
            "abnormal": 0,
        }
        for n in range(1, 130)
    ]
    with transaction.atomic():
        segments.write({(project.pk, "errors"): errors, (project.pk, "sessions"): sessions}, now=now)


def _issue(
    project: Project, release: Release, *, now: datetime, payload: dict[str, Any], title: str, seed: int, **fields: Any
) -> tuple[Issue, Occurrence]:
    values = {
        "culprit": "shop.payments in pay",
        "level": "error",
        "event_count": 40 + seed * 11,
        "user_count": 7 + seed,
        "first_release": release.version,
        "last_release": release.version,
        "first_seen_at": now - timedelta(hours=20),
        "last_seen_at": now - timedelta(minutes=5 + seed),
        **fields,
    }
    issue = make.issue(project, title=title, type="TypeError", **values)
    group = issue.groups.get()
    group.components = ["exception TypeError", f"frame {title}"]
    group.save()
    make.hours(group, {ago: (ago * 7 + seed * 5) % 13 + 1 for ago in range(22)}, now=now)
    kept = [
        make.occurrence(
            group,
            ordinal=n,
            payload={**payload, "event_id": (event_id := uuid.uuid4()).hex},
            event_id=event_id,
            at=now - timedelta(hours=3 - n),
        )
        for n in (1, 2)
    ]
    return issue, kept[-1]
