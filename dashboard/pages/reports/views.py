"""The weekly report as a page, and whether one gets it by mail."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.statistics import baselines
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import comparison, layout, query_errors, state
from dashboard.pages.performance import rates
from dashboard.pages.reports import weekly
from dashboard.pages.vitals import vital_cards
from events.accounts import access
from events.models import Membership, Project


@compressed
@page("report.weekly")
@query_errors.said
def weekly_page(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The performance of one week against the week before."""
    now = timezone.now()
    week = weekly.named(request.GET.get("week", ""), now=now)
    report = weekly.weekly(project, week, now=now)
    shown = state.parse({"from": f"{report.period.start:%Y-%m-%d}", "to": f"{report.period.end:%Y-%m-%d}"}, now=now)
    against = comparison.in_words(baselines.previous(report.period), shown)
    following = week + weekly.WEEK
    context = {
        "report": report,
        "in_short": weekly.said(project, report, sees_persons=access.sees_persons(request.user, project), now=now),
        "busiest": rates.endpoints(project, report.busiest, state=shown, against=against),
        "slower": rates.endpoints(project, report.slower, state=shown, against=against),
        "faster": rates.endpoints(project, report.faster, state=shown, against=against),
        "vitals": [vital_cards.card(one, against=against) for one in report.vitals.metrics if one.count],
        "week_query": shown.query,
        "last_day": report.period.end - timedelta(days=1),
        "earlier": week - weekly.WEEK,
        "later": following if following <= weekly.monday_of(now.date()) else None,
        "is_running": report.period.end > now,
        "membership": Membership.objects.filter(project=project, user_id=request.user.pk or 0).first(),
    }
    return layout.draw(
        request, "dashboard/reports/weekly.html", context, project=project, section="reports", shown=shown
    )


@require_POST
@page("report.subscribe")
def weekly_mail(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Whether the person who asks gets the report of this project by mail."""
    wants = request.POST.get("wants") == "1"
    changed = Membership.objects.filter(project=project, user_id=request.user.pk or 0).update(gets_weekly_report=wants)
    if changed:
        messages.success(request, "You get the report on Mondays." if wants else "You get no more reports.")
    else:
        messages.error(request, "Only members of the project get its report.")
    return redirect("dashboard:weekly", project.slug)
