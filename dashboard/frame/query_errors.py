"""What a page says when its question was not answered: it took too long or too much, or a file is missing."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from analytics.engine import EngineError
from dashboard.frame import layout
from events.models import Project

View = Callable[..., HttpResponseBase]


def said(view: View) -> View:
    """`view(request, project, **rest)`, or a page with the reason and status 503. Goes below `access.page`."""

    @wraps(view)
    def answer(request: HttpRequest, project: Project, **rest: Any) -> HttpResponseBase:
        try:
            return view(request, project, **rest)
        except EngineError as error:
            context = {"reason": str(error)}
            return layout.draw(request, "dashboard/parts/unanswered.html", context, project=project, status=503)

    return answer
