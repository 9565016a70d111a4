"""What people may ask for: everything that is kept of them, and that it goes. For owners."""

from typing import Any

import orjson
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.privacy import erasing, exporting
from dashboard.access.guard import page
from dashboard.exports.record_of_processing import record
from dashboard.frame import layout
from events.accounts import access
from events.models import Project

PAGE = 50
LONGEST = 20_000


@page("erasure.list", role=access.OWNER)
def request_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The form, and what became of earlier requests."""
    listed = Paginator(project.erasures.select_related("requested_by"), PAGE).get_page(request.GET.get("page"))
    context = {"listed": listed, "tab": "requests"}
    return layout.draw(request, "dashboard/persons/requests.html", context, project=project, section="persons")


@require_POST
@page("person.export", role=access.OWNER)
def person_export(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Everything that is kept of one person, as a file."""
    ids = _ids(request)
    if not ids:
        messages.warning(request, "Whose? Give at least one id.")
        return redirect("dashboard:request-list", project.slug)
    document = exporting.export(project, ids, actor=request.user, now=timezone.now())
    return _file(document, f"{project.slug}-person.json")


@require_POST
@page("erasure.request", role=access.OWNER)
def person_erase(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Take away what is kept of one person."""
    try:
        made = erasing.request(project, _ids(request), actor=request.user, now=timezone.now())
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        count = sum(made.erased.values())
        messages.success(request, f"{count} rows are gone. What is on its way goes within a day, then it is signed.")
    return redirect("dashboard:request-list", project.slug)


@page("erasure.view", role=access.OWNER, obj="erasure_id")
def erasure_receipt(request: HttpRequest, project: Project, erasure_id: Any) -> HttpResponseBase:
    """The receipt as a file, signed once the erasure is done."""
    erasure = get_object_or_404(project.erasures.select_related("project"), uuid=erasure_id)
    return _file({**erasing.receipt(erasure), "signature": erasure.signature}, f"erasure-{erasure.uuid}.json")


@page("processing.record", role=access.OWNER)
def processing_record(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The record of processing activities, from what is set."""
    answer = HttpResponse(record(project, now=timezone.now()), content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-record-of-processing.md"'
    return answer


def _ids(request: HttpRequest) -> list[str]:
    """One a line; posted, so that no address and no log has them."""
    sent = request.POST.get("distinct_ids", "")[:LONGEST].replace("\0", "")
    return [one.strip() for one in sent.splitlines() if one.strip()]


def _file(document: Any, name: str) -> HttpResponse:
    answer = HttpResponse(orjson.dumps(document, option=orjson.OPT_INDENT_2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
