"""What the pages show of channels: their state, and the delivery log a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from alerts.models import Channel, Notification
from events.models import Project

PAGE, MOST = 50, 10_000


@dataclass(frozen=True)
class Narrowed:
    """What of the log is asked for."""

    channel: int | None = None
    status: str = ""
    kind: str = ""
    before: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Narrowed":
        """From an address; what makes no sense there is left out."""
        status, kind = given.get("status", ""), given.get("kind", "")
        return cls(
            channel=_number(given.get("channel", "")),
            status=status if status in Notification.Status.values else "",
            kind=kind if kind in Notification.Kind.values else "",
            before=_number(given.get("before", "")),
        )

    @property
    def query(self) -> str:
        """For links that keep it; `before` is theirs."""
        return urlencode({name: getattr(self, name) or "" for name in ("channel", "status", "kind")})


@dataclass(frozen=True)
class LogPage:
    """One page of the log, newest first; `older` is the cursor of the next page, None on the last."""

    notifications: Sequence[Notification]
    older: int | None


def channels(project: Project) -> QuerySet[Channel]:
    """The project's channels with how many of their messages wait and how many were given up; no secrets loaded."""
    waiting = Count("notifications", filter=Q(notifications__status=Notification.Status.PENDING))
    dead = Count("notifications", filter=Q(notifications__status=Notification.Status.DEAD))
    return (
        Channel.objects.filter(project=project)
        .select_related("fallback")
        .defer("config", "fallback__config")
        .annotate(waiting=waiting, dead=dead)
    )


def narrowed_to(project: Project, narrowed: Narrowed) -> QuerySet[Notification]:
    """The notifications of the project that are asked for; no secrets loaded."""
    rows = Notification.objects.filter(channel__project=project).select_related("channel").defer("channel__config")
    if narrowed.channel is not None:
        rows = rows.filter(channel=narrowed.channel)
    if narrowed.status:
        rows = rows.filter(status=narrowed.status)
    if narrowed.kind:
        rows = rows.filter(kind=narrowed.kind)
    return rows.filter(pk__lt=narrowed.before) if narrowed.before is not None else rows


def delivery_log(project: Project, *, narrowed: Narrowed = Narrowed(), page: int = PAGE) -> LogPage:
    """A page of them, the newest first, with their tries."""
    rows = narrowed_to(project, narrowed)
    found = list(rows.prefetch_related("tries").order_by("-pk")[: page + 1])
    return LogPage(found[:page], found[page - 1].pk if len(found) > page else None)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
