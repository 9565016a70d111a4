"""One of each kind of thing that an address can name."""

import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from alerts.tests import make as make_alerts
from analytics.flags import changing
from analytics.models import Erasure
from analytics.tests.actions import make as make_actions
from analytics.tests.experiments import make as make_experiments
from analytics.tests.flags import make as make_flags
from analytics.tests.goals import make as make_goals
from dashboard.frame import saved_views
from dashboard.pages.boards import arranging
from dashboard.pages.share import links
from events.accounts import tokens
from events.facts import segments
from events.models import Artifact, ArtifactBundle, Attachment, Group, Person, Project
from events.releases import deploys
from events.tests import make

Maker = Callable[[Project, Any, datetime], Mapping[str, Any]]


def things(project: Project, owner: Any, now: datetime, *, names: Collection[str] | None = None) -> dict[str, Any]:
    """What addresses can name of `project`, by parameter, made as far as `names` asks for it: by default all."""
    found = {
        "slug": project.slug, "organization": project.slug, "project_id": project.pk, "name": "errors",
        "doc": "alerts", "listed": "issues", "form": "json", "picture": "images/overview.png",
        "shown": "0" * 16, "gone_id": 0,
        "kind": "email", "rule_kind": "threshold", "probe_kind": "http", "rest": "no/such/thing",
    }  # fmt: skip
    for given, maker in MAKERS.items():
        if names is None or not set(given).isdisjoint(names):
            found |= maker(project, owner, now)
    return found


def _occurred(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    issue = make.issue(project, groups=2, users=(1,))
    event = make.occurrence(issue.groups.all()[0])
    sent = {"event_id": event.event_id, "at": now, "filename": "a.txt", "size": 1, "content": b"a"}
    attachment = Attachment.objects.create(project=project, attachment_id=uuid.uuid4(), **sent)
    return {"issue_id": issue.pk, "event_id": event.event_id.hex, "attachment_id": attachment.attachment_id}


def _released(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    release = make.release(project, f"{project.slug}@1.0.0")
    bundle = ArtifactBundle.objects.create(project=project, checksum="0" * 40, release=release.version, state="ok")
    artifact = Artifact.objects.create(
        bundle=bundle, project=project, kind="minified", url="~/a.js", size=1, content=b""
    )
    deploy, _ = deploys.put(release, environment="live", actor="test", now=now)
    return {"version": release.version, "file": artifact.pk, "deploy_id": deploy.pk}


def _flagged(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    """A flag with an override, and an audience."""
    flag = make_flags.stored(project, "walk", now=now)
    override = changing.put_override(flag, "ada", True, actor="test", now=now)
    return {"flag_id": flag.pk, "override_id": override.pk, "audience_id": make_flags.audience(project, now=now).pk}


def _persons(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    """Somebody with an id, and a group."""
    person = Person.objects.create(project=project, created_at=now, properties={"plan": "team"})
    person.ids.create(project=project, visitor=2**40 + person.pk)
    group = Group.objects.create(project=project, type="company", key="acme", created_at=now)
    erasure = Erasure.objects.create(project=project, requested_at=now, erased={"persons": 1})
    return {"person_id": person.uuid, "group_id": group.pk, "erasure_id": erasure.uuid}


def _tried(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    """An experiment that runs."""
    flag = make_experiments.flag(project, "tried", now=now)
    return {"experiment_id": make_experiments.running(project, now=now, key="walk", of=flag).pk}


def _measured(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    """One of each fact that an address can name."""
    named = hashlib.md5(project.slug.encode()).hexdigest()
    at = {"at": timezone.now()}
    rows = {
        "spans": {**at, "trace_id": named, "span_id": named[:16], "name": "GET /", "duration_ms": 3.0},
        "queries": {**at, "fingerprint": named[:16], "statement": "SELECT ?", "count": 1, "total_ms": 2.0},
        "logs": {**at, "log_id": f"{named}0000", "body": "hello", "level": "info"},
    }
    segments.write({(project.pk, fact): [row] for fact, row in rows.items()}, now=now)
    return {"trace_id": named, "fingerprint": named[:16], "log_id": f"{named}0000"}


def _firing(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    return _numbers(make_alerts.ruled(project))


def _routed(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    return _numbers(make_alerts.routed(project))


def _told(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    made = make_alerts.status_page(project)
    return _numbers({name: made[name] for name in ("component_id", "notice_id")})


def _numbers(rows: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.pk for name, row in rows.items()}


def _viewed(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    at = f"/p/{project.slug}/"
    share, _ = links.create(project, actor=owner, name="walk", url=at, days=7, now=timezone.now())
    view = saved_views.save(project, owner=owner, name="walk", url=f"{at}issues/", now=now)
    return {"view_id": view.pk, "share_id": share.pk}


def _arranged(project: Project, owner: Any, now: datetime) -> dict[str, Any]:
    board = arranging.create(project, name="walk", actor=owner, now=now)
    card = arranging.add(board, url=f"/p/{project.slug}/charts/errors/", actor=owner, now=now)
    return {"board_id": board.pk, "card_id": card.pk}


MAKERS: Mapping[tuple[str, ...], Maker] = {
    ("issue_id", "event_id", "attachment_id"): _occurred,
    ("version", "file", "deploy_id"): _released,
    ("hook_id",): lambda project, _, now: {
        "hook_id": deploys.create_hook(project, source="github", actor="test", now=now).pk
    },
    ("token_id",): lambda project, owner, now: {
        "token_id": tokens.create(owner, name="walk", scopes=["read"], project=project, now=now)[0].pk
    },
    ("rule_id", "alert_id", "silence_id"): _firing,
    ("route_id", "inhibition_id", "maintenance_id", "source_id", "foreign_id"): _routed,
    ("objective_id",): lambda project, *_: {"objective_id": make_alerts.objective(project).pk},
    ("incident_id",): lambda project, *_: {"incident_id": make_alerts.incident(project).pk},
    ("component_id", "notice_id"): _told,
    ("monitor_id",): lambda project, *_: {"monitor_id": make_alerts.monitor(project).pk},
    ("notification_id",): lambda project, *_: {"notification_id": make_alerts.given_up(project).pk},
    ("probe_id",): lambda project, *_: {"probe_id": make_alerts.probe(project).pk},
    ("flag_id", "override_id", "audience_id"): _flagged,
    ("person_id", "group_id", "erasure_id"): _persons,
    ("experiment_id",): _tried,
    ("action_id",): lambda project, _, now: {"action_id": make_actions.action(project, now=now).pk},
    ("goal_id",): lambda project, _, now: {"goal_id": make_goals.goal(project, now=now).pk},
    ("channel_id",): lambda project, *_: {"channel_id": make_alerts.channel(project, kind="email").pk},
    ("view_id", "share_id"): _viewed,
    ("trace_id", "fingerprint", "log_id"): _measured,
    ("board_id", "card_id"): _arranged,
}
