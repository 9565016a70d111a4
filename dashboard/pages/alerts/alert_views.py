"""What fires, what became of it, and what is silenced."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.delivery import delivery_log
from alerts.forms import SilenceForm
from alerts.models import Alert, Silence
from alerts.routing import holding
from alerts.rules import rule_setup
from alerts.rules.kinds import KINDS
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.alerts import firing, presenting
from events.accounts import access
from events.models import Project


@compressed
@page("alert.list")
def alert_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What fires first; then what ended within a day."""
    now = timezone.now()
    context = {
        "groups": firing.groups(project, now=now),
        **firing.counts(project, now=now),
        "ended": list(presenting.ended(project, now=now)),
        "channels": list(delivery_log.channels(project)),
        "kinds": KINDS,
        "now": now,
    }
    return layout.draw(request, "dashboard/alerts/alert_list.html", context, project=project, section="alerts")


@page("alert.view", obj="alert_id")
def alert_detail(request: HttpRequest, project: Project, alert_id: int) -> HttpResponseBase:
    """One alert: where it stands, the evidence of when it fired, and its history."""
    alert = _alert(project, alert_id)
    history = list(alert.transitions.all()[:50])
    fired = next((one for one in history if one.after == Alert.State.FIRING), None)
    evidence = fired.evidence if fired else {}
    context = {
        "alert": alert,
        "about": presenting.about(alert.rule),
        "subject": presenting.subject(alert),
        "history": history,
        "fired": fired,
        "evidence": evidence,
        "drawing": presenting.draw(evidence.get("series", []), evidence.get("threshold"), evidence.get("unit", "")),
        "form": SilenceForm(initial={"matchers": presenting.matchers_of(alert)}),
        "told": firing.told(firing.notice_of(alert), holding.load(project.pk, now=timezone.now())),
        "incident": alert.incidents.order_by("-pk").values_list("incident", flat=True).first(),
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/alerts/alert_detail.html", context, project=project, section="alerts")


@require_POST
@page("alert.acknowledge", role=access.EDITOR, obj="alert_id")
def alert_acknowledge(request: HttpRequest, project: Project, alert_id: int) -> HttpResponseBase:
    alert = _alert(project, alert_id)
    if rule_setup.acknowledge(alert, actor=request.user, now=timezone.now()):
        messages.success(request, "You look after it; everybody sees that here.")
    else:
        messages.info(request, "Somebody looks after it already, or it never fired.")
    return redirect("dashboard:alert", project.slug, alert.pk)


@page("silence.list")
def silence_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What is silenced now and later, what was, and a form for one more."""
    return _silences(request, project, SilenceForm(initial={"matchers": request.GET.get("matchers", "")[:500]}))


@require_POST
@page("silence.new", role=access.EDITOR)
def silence_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    form = SilenceForm(request.POST)
    if form.is_valid() and form.store(project, actor=request.user, now=timezone.now()) is not None:
        messages.success(request, "Silenced. What fires is still written down.")
        return redirect("dashboard:silence-list", project.slug)
    return _silences(request, project, form)


def _silences(request: HttpRequest, project: Project, form: SilenceForm) -> HttpResponseBase:
    now = timezone.now()
    silences = project.silences.select_related("created_by")
    context = {
        "lasting": list(silences.filter(ends_at__gt=now).order_by("ends_at")),
        "past": list(silences.filter(ends_at__lte=now)[:20]),
        "form": form,
        "now": now,
    }
    status = 422 if form.errors else 200
    template = "dashboard/alerts/silence_list.html"
    return layout.draw(request, template, context, project=project, section="alerts", status=status)


@require_POST
@page("silence.end", role=access.EDITOR, obj="silence_id")
def silence_end(request: HttpRequest, project: Project, silence_id: int) -> HttpResponseBase:
    silence = get_object_or_404(Silence, project=project, pk=silence_id)
    rule_setup.end_silence(silence, actor=request.user, now=timezone.now())
    messages.success(request, "The silence is over.")
    return redirect("dashboard:silence-list", project.slug)


def _alert(project: Project, alert_id: int) -> Alert:
    alerts = Alert.objects.filter(rule__project=project).select_related("rule__project", "acknowledged_by")
    return get_object_or_404(alerts, pk=alert_id)
