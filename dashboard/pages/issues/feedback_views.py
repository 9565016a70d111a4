"""What users wrote."""

import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dashboard.access.guard import page
from dashboard.frame import layout
from events.models import Attachment, Feedback, Occurrence, Project

_PAGE = 25


@page("feedback.list")
def feedback_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The feedback of the period, newest first, each with the issue it is about when its event is kept."""
    shown = layout.state_of(request)
    found = Feedback.objects.filter(project=project, at__gte=shown.start)
    if shown.end < timezone.now():
        found = found.filter(at__lt=shown.end)
    if shown.environment:
        found = found.filter(environment=shown.environment)
    listed = Paginator(found.order_by("-at"), _PAGE).get_page(request.GET.get("page"))
    about = Occurrence.objects.filter(project=project, event_id__in=[one.event_id for one in listed if one.event_id])
    issues = dict(about.values_list("event_id", "group__issue_id"))
    context = {"listed": listed, "issues": issues, "files": files_of(project, listed)}
    return layout.draw(
        request, "dashboard/issues/feedback.html", context, project=project, section="feedback", shown=shown
    )


def files_of(project: Project, listed: Iterable[Feedback]) -> dict[uuid.UUID, list[Attachment]]:
    """The files that came with each feedback, a screenshot as a rule."""
    found: defaultdict[uuid.UUID, list[Attachment]] = defaultdict(list)
    wanted = [one.feedback_id for one in listed]
    for file in Attachment.objects.filter(project=project, event_id__in=wanted).defer("content").order_by("pk")[:200]:
        found[file.event_id].append(file)
    return dict(found)
