"""What the pages show of channels: their state, and the delivery log a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from alerts.models import Channel, Notification
from events.models import Project

PAGE = 50


@dataclass(frozen=True)
class LogPage:
    """One page of the log, newest first; `older` is the cursor of the next page, None on the last."""

    notifications: Sequence[Notification]
    older: int | None


def channels(project: Project) -> QuerySet[Channel]:
    """The project's channels with how many of their messages wait and how many were given up; no secrets loaded."""
    waiting = Count("notifications", filter=Q(notifications__status=Notification.Status.PENDING))
    dead = Count("notifications", filter=Q(notifications__status=Notification.Status.DEAD))
    return Channel.objects.filter(project=project).defer("config").annotate(waiting=waiting, dead=dead)


def delivery_log(
    project: Project, *, channel: Channel | None = None, status: str = "", before: int | None = None, page: int = PAGE
) -> LogPage:
    """The notifications of the project, or of one channel, with their tries."""
    rows = Notification.objects.filter(channel__project=project).select_related("channel").defer("channel__config")
    if channel is not None:
        rows = rows.filter(channel=channel)
    if status in Notification.Status.values:
        rows = rows.filter(status=status)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.prefetch_related("tries").order_by("-pk")[: page + 1])
    return LogPage(found[:page], found[page - 1].pk if len(found) > page else None)
