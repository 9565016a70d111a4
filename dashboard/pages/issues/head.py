"""What stands above every page of an issue, asked for in one question: who may look after it, what it is made of."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists
from django.db.models.functions import JSONObject

from events.models import Bookmark, Issue, IssueGroup, Membership, Release

_MEMBERS = 100
_RELEASES = 20


@dataclass(frozen=True, slots=True)
class Member:
    pk: int
    username: str

    def get_username(self) -> str:
        return self.username


@dataclass(frozen=True, slots=True)
class Head:
    """`releases` are versions, the newest first; `groups` the hashes of the issue's groups."""

    is_bookmarked: bool
    members: tuple[Member, ...]
    releases: tuple[str, ...]
    groups: tuple[uuid.UUID, ...]


def of(issue: Issue, *, user: Any) -> Head:
    """The head of an issue for whoever looks."""
    here = Membership.objects.filter(project=issue.project_id).values("user")
    people = get_user_model()._default_manager.filter(pk__in=here, is_active=True).order_by("username")
    versions = Release.objects.filter(project=issue.project_id).order_by("-id").values("version")
    found = Issue.objects.filter(pk=issue.pk).values_list(
        Exists(Bookmark.objects.filter(issue=issue, user_id=user.pk or 0)),
        ArraySubquery(people.values(said=JSONObject(pk="pk", username="username"))[:_MEMBERS]),
        ArraySubquery(versions[:_RELEASES]),
        ArraySubquery(IssueGroup.objects.filter(issue=issue).order_by("pk").values("hash")),
    )
    is_bookmarked, members, releases, groups = found.get()
    return Head(is_bookmarked, tuple(Member(**one) for one in members), tuple(releases), tuple(groups))
