"""The delivery log of a project: every message with its tries, narrowed, taken along as CSV, sent once more by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.delivery import channel_setup, delivery_log
from alerts.delivery.delivery_log import Narrowed
from alerts.models import Channel, Notification
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import layout
from events.accounts import access
from events.models import Project

_COLUMNS = (
    "made", "channel", "kind", "title", "status", "tries", "last_status", "last_error", "took_ms", "sent", "dedup",
)  # fmt: skip


@page("delivery.list")
def delivery_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """All messages of the project, newest first."""
    narrowed = Narrowed.of(request.GET.dict())
    context = {
        "log": delivery_log.delivery_log(project, narrowed=narrowed),
        "narrowed": narrowed,
        "channels": Channel.objects.filter(project=project).defer("config"),
        "statuses": Notification.Status.choices,
        "kinds": Notification.Kind.choices,
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/alerts/delivery_list.html", context, project=project, section="alerts")


@page("delivery.export")
def delivery_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The same messages as CSV, at most delivery_log.MOST."""
    log = delivery_log.delivery_log(project, narrowed=Narrowed.of(request.GET.dict()), page=delivery_log.MOST)
    text = csv_tables.csv_text(_COLUMNS, map(_row, log.notifications))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-deliveries.csv"'
    return response


@require_POST
@page("delivery.retry", role=access.EDITOR, obj="notification_id")
def delivery_retry(request: HttpRequest, project: Project, notification_id: int) -> HttpResponseBase:
    """What was given up is tried once more."""
    of_project = Notification.objects.filter(channel__project=project).select_related("channel__project")
    notification = get_object_or_404(of_project.defer("channel__config"), pk=notification_id)
    refusal = channel_setup.retry(notification, actor=request.user, now=timezone.now())
    if refusal:
        messages.error(request, refusal)
    else:
        messages.success(request, "It is on its way again.")
    return redirect("dashboard:delivery-list", project.slug)


def _row(one: Notification) -> tuple[object, ...]:
    return (
        one.created_at.isoformat(), one.channel.name, one.kind, one.payload.get("title", ""), one.status, one.attempts,
        one.last_status, one.last_error, one.latency_ms, one.sent_at.isoformat() if one.sent_at else "", one.dedup,
    )  # fmt: skip
