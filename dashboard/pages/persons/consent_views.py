"""Who agreed and who took it back: counts, the ledger, its proof. Looking is for editors, taking back for owners."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.privacy import consenting
from analytics.questions.persons import consents
from dashboard.access.guard import page
from dashboard.exports import csv_tables
from dashboard.frame import layout
from events.accounts import access
from events.consent import ledger
from events.models import ConsentRecord, Project
from events.values.modes import CONSENT

PAGE = 50
_TEMPLATE = "dashboard/persons/consent.html"


@page("consent.list", role=access.EDITOR)
def consent_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The counts, and the ledger, newest first."""
    listed = Paginator(project.consents.order_by("-number"), PAGE).get_page(request.GET.get("page"))
    return layout.draw(request, _TEMPLATE, _context(project, listed=listed), project=project, section="persons")


@require_POST
@page("consent.find", role=access.EDITOR)
def consent_find(request: HttpRequest, project: Project) -> HttpResponseBase:
    """What one person said. The id is posted, so that no address and no log has it."""
    sent = request.POST.get("distinct_id", "").replace("\0", "").strip()[: consenting.LONGEST_ID]
    if not sent:
        messages.warning(request, "Whose? Give an id.")
        return redirect("dashboard:consent-list", project.slug)
    found = consenting.records(project, [sent])
    context = _context(project, listed=Paginator(found, max(1, len(found))).get_page(1), looked_for=sent)
    return layout.draw(request, _TEMPLATE, context, project=project, section="persons")


@require_POST
@page("consent.verify", role=access.EDITOR)
def consent_verify(request: HttpRequest, project: Project) -> HttpResponseBase:
    report = ledger.verify(project)
    if report.is_whole:
        head = f" The last one is {report.head[:16]}…" if report.records else ""
        messages.success(
            request, f"{report.records} records, and none was altered, taken away or put in between.{head}"
        )
    for problem in report.problems[:5]:
        messages.error(request, f"{problem[:1].upper()}{problem[1:]}.")
    return redirect("dashboard:consent-list", project.slug)


@require_POST
@page("consent.withdraw", role=access.OWNER)
def consent_withdraw(request: HttpRequest, project: Project) -> HttpResponseBase:
    """Somebody wrote that they take it back, and maybe that all is to go."""
    source, erases = ConsentRecord.Source.STAFF.value, request.POST.get("erases") == "1"
    try:
        outcome = consenting.withdraw(
            project, request.POST.get("distinct_id", ""), source=source, erases=erases, actor=request.user,
            now=timezone.now(),
        )  # fmt: skip
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        said = "Taken back." if outcome.is_new else "It was taken back before."
        gone = sum(outcome.erasure.erased.values()) if outcome.erasure else 0
        messages.success(request, f"{said} {gone} rows are gone; Requests has the receipt." if erases else said)
    return redirect("dashboard:consent-list", project.slug)


@page("consent.export", role=access.EDITOR)
def consent_csv(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The whole ledger, oldest first."""
    rows = consenting.as_rows(project.consents.order_by("number").iterator(chunk_size=2000))
    answer = StreamingHttpResponse(csv_tables.csv_stream(consenting.COLUMNS, rows), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="{project.slug}-consent.csv"'
    return answer


def _context(project: Project, **more: Any) -> dict[str, Any]:
    return {
        "tab": "consent",
        "asks": project.analytics == CONSENT,
        "counts": consents.ask(project, now=timezone.now()),
        **more,
    }
