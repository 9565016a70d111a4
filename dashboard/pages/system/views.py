"""The server about itself: who watches the watcher, on one page, and as an archive for who helps."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.delivery import house_watch
from alerts.models import HouseTrouble, HouseWatch
from dashboard.access.guard import site_page
from dashboard.frame import layout
from dashboard.pages.system import bundle, presenting, reading
from events.accounts import audit
from events.models import DeadLetter


@site_page("system.view", staff=True)
def system(request: HttpRequest) -> HttpResponseBase:
    """Whether all is well, each lag, the ledger, the stores, own statements, versions. Superusers only."""
    if not request.user.is_superuser:
        raise Http404
    now = timezone.now()
    found = reading.read(now=now)
    addresses, channels = house_watch.hearers()
    troubles = list(HouseTrouble.objects.all())
    context = {
        "troubles": troubles,
        "watch": HouseWatch.objects.first(),
        "addresses": len(addresses),
        "house_channels": channels,
        "has_heartbeat": bool(settings.OBS_HEARTBEAT_URL),
        "found": found,
        "report": found.report,
        "verdict": presenting.verdict(found, troubles=len(troubles)),
        "right": presenting.terms(found.report),
        "lags": [presenting.lag(one, now=now) for one in found.lags],
        "rate": presenting.rate(found),
        "disk": presenting.disk(found),
        "letters": DeadLetter.objects.select_related("project").defer("payload", "blob")[:20],
        "now": now,
    }
    return layout.draw(request, "dashboard/system/page.html", context, section="system")


@require_POST
@site_page("system.bundle", staff=True)
def system_bundle(request: HttpRequest) -> HttpResponseBase:
    """The support bundle. Superusers only."""
    if not request.user.is_superuser:
        raise Http404
    now = timezone.now()
    audit.record("system.bundle", actor=request.user, now=now)
    answer = HttpResponse(bundle.archive(reading.read(now=now), now=now), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="formaos-obs-{now:%Y%m%d-%H%M%S}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer
