"""The server about itself: who watches the watcher, on one page."""

from django.conf import settings
from django.db.models import Count, Max, Min, Sum
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone

from alerts.delivery import house_watch
from alerts.models import HouseTrouble, HouseWatch
from dashboard.access.guard import site_page
from dashboard.frame import layout
from events.ingest import accounting, spool
from events.models import DeadLetter, InboxItem, Segment


@site_page("system.view", staff=True)
def system(request: HttpRequest) -> HttpResponseBase:
    """The accounting law with its numbers, the queues, what could not be digested, the segments. Superusers only."""
    if not request.user.is_superuser:
        raise Http404
    report = accounting.report()
    oldest = InboxItem.objects.aggregate(oldest=Min("received_at"))["oldest"]
    right = [
        ("stored", report.stored),
        ("duplicate", report.duplicate),
        *((f"filtered: {reason}", count) for reason, count in report.filtered.items()),
        ("rate limited", report.rate_limited),
        ("invalid", report.invalid),
        ("in the inbox", report.in_inbox),
        ("in the spool", report.in_spool),
        ("dead letters", report.dead_letter),
    ]
    addresses, channels = house_watch.hearers()
    context = {
        "troubles": HouseTrouble.objects.all(),
        "watch": HouseWatch.objects.first(),
        "addresses": len(addresses),
        "house_channels": channels,
        "has_heartbeat": bool(settings.OBS_HEARTBEAT_URL),
        "report": report,
        "right": right,
        "oldest": oldest,
        "spooled": len(spool.pending()),
        "letters": DeadLetter.objects.select_related("project").defer("payload", "blob")[:20],
        "segments": Segment.objects.values("fact")
        .annotate(
            files=Count("id"),
            total_rows=Sum("rows"),
            total_bytes=Sum("bytes"),
            newest=Max("max_at"),
            oldest=Min("min_at"),
        )
        .order_by("fact"),
        "inbox_limit": settings.OBS_INBOX_MAX_AGE_SECONDS,
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/system/page.html", context, section="system")
