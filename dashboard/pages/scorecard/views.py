"""The scorecard, its file, and the form of its goals."""

from datetime import UTC, datetime, time

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from analytics.questions.promises.weeks import WEEK
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import layout, query_errors
from dashboard.pages.reports import weekly
from dashboard.pages.scorecard import card, goals, presenting
from dashboard.pages.scorecard.card import Card
from dashboard.reading import weeks
from events.accounts import access
from events.models import Project


@compressed
@page("scorecard.view")
@query_errors.said
def scorecard(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What was promised, what came of it, and how that changed."""
    found = _card(request, project)
    lines = presenting.lines(project, found)
    later = found.week + WEEK
    context = {
        "card": found,
        "lines": lines,
        "summary": presenting.summary(lines),
        "last_day": presenting.last_day(found),
        # Of whichever day weeks begin on, the report's week that shares most days with this one.
        "middle": found.week + WEEK / 2,
        "earlier": found.week - WEEK,
        "later": later if later <= timezone.now() else None,
        "has_feature": any(one.name == "adoption" for one in found.promises),
        "is_empty": all(week.value is None for one in found.promises for week in one.course.weeks),
    }
    return layout.draw(request, "dashboard/scorecard/page.html", context, project=project, section="reports")


@page("scorecard.export")
@query_errors.said
def scorecard_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Every week of every promise as a row."""
    found = _card(request, project)
    text = csv_tables.csv_text(presenting.COLUMNS, presenting.table(found))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{project.slug}-scorecard-{found.week:%Y-%m-%d}.csv"'
    return response


@page("scorecard.goals", role=access.OWNER)
def scorecard_goals(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The form of the goals."""
    wanted, errors = goals.of(project), dict[str, list[str]]()
    given = {name: f"{getattr(wanted, name):.10g}" for name in goals.NUMBERS}
    given["features"] = "\n".join(wanted.features)
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in given}

        try:
            goals.put(project, given, actor=request.user, now=timezone.now())
        except ValidationError as error:
            errors = error.message_dict
        else:
            messages.success(request, "The goals are stored.")
            return redirect("dashboard:scorecard", project.slug)
    context = {
        "fields": [(name, label, given[name], errors.get(name)) for name, (label, *_) in goals.NUMBERS.items()],
        "features": given["features"],
        "features_errors": errors.get("features"),
        "most_features": goals.MOST_FEATURES,
    }
    status = 422 if errors else 200
    template = "dashboard/scorecard/goals.html"
    return layout.draw(request, template, context, project=project, section="reports", status=status)


def _card(request: HttpRequest, project: Project) -> Card:
    now = timezone.now()
    day = weekly.named(request.GET.get("week", ""), now=now, first_day=weeks.current())
    return card.card(
        project,
        datetime.combine(day, time(), tzinfo=UTC),
        sees_persons=access.sees_persons(request.user, project),
        now=now,
    )
