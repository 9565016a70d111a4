"""What the search box of the issue list offers while somebody writes."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access.guard import page
from dashboard.pages.issues import completion
from events.issues.search import LONGEST
from events.issues.search.completing import word_at
from events.models import Project


@require_safe
@page("issues.search")
def issue_completion(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The ways to go on at the character `at` of the search `query`, and which characters they replace."""
    text, at = request.GET.get("query", "").replace("\x00", "")[:LONGEST], request.GET.get("at", "")
    word = word_at(text, int(at) if at.isascii() and at.isdecimal() and len(at) < 6 else len(text))
    found = completion.options(project, word, now=timezone.now())
    return JsonResponse(
        {"start": word.start, "end": word.end, "options": [asdict(one) for one in found]},
        headers={"Cache-Control": "private, no-store"},
    )
