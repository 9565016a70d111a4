"""What stands above every page of an issue and beside it, asked for in one question.

Who may look after it, what it is made of, what was done with it, what is like it, and the deploys of the period.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from analytics.questions.errors import issue_detail
from dashboard.frame.state import State
from events.models import Activity, Bookmark, Issue, IssueGroup, Membership, Project, Release
from events.releases import deploys
from events.runtime import together

_MEMBERS = 100
_RELEASES = 20
_ACTIVITY = 100
_DEPLOYS = 500  # that the strip's lines are chosen from
_LINES = 50


@dataclass(frozen=True, slots=True)
class Head:
    """`releases` are versions, the newest first; `groups` the hashes of the issue's groups; `deploys` the moments at
    which a release came to an environment first; `similar` are issues with how alike they are, 0 to 1."""

    is_bookmarked: bool
    members: tuple[Any, ...]
    releases: tuple[str, ...]
    groups: tuple[uuid.UUID, ...]
    deploys: tuple[datetime, ...]
    activities: tuple[Activity, ...]
    similar: tuple[tuple[Issue, float], ...]


def of(project: Project, issue: Issue, *, user: Any, shown: State) -> Head:
    """The head of an issue for whoever looks."""
    here = Membership.objects.filter(project=project).values("user")
    people = get_user_model()._default_manager.filter(pk__in=here, is_active=True).order_by("username")
    arrived = deploys.arrived(project).filter(finished_at__gte=shown.start, finished_at__lt=shown.end)
    if shown.environment:
        arrived = arrived.filter(environment=shown.environment)
    read = together.asked(
        marks=Bookmark.objects.filter(issue=issue, user_id=user.pk or 0)[:1],
        members=people.only("username")[:_MEMBERS],
        releases=Release.objects.filter(project=project).order_by("-id").only("version")[:_RELEASES],
        groups=IssueGroup.objects.filter(issue=issue).order_by("pk").only("hash"),
        deploys=arrived.order_by("-finished_at").values("release_id", "environment", "finished_at")[:_DEPLOYS],
        activities=issue.activities.select_related("actor").only("at", "action", "detail", "text", "actor__username")[
            :_ACTIVITY
        ],
        alike=issue_detail.candidates(issue),
    )
    # The latest come first, so that of each release and environment the first arrival stays.
    first = {(one["release_id"], one["environment"]): one["finished_at"] for one in read["deploys"]}
    return Head(
        bool(read["marks"]),
        tuple(read["members"]),
        tuple(one.version for one in read["releases"]),
        tuple(one.hash for one in read["groups"]),
        tuple(datetime.fromisoformat(at) for at in list(first.values())[:_LINES]),
        tuple(read["activities"]),
        tuple(issue_detail.similar(issue, among=read["alike"])),
    )
