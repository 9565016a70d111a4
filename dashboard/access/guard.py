"""The doors of the pages: login, project, role, and one audit entry for each request."""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from dashboard.access import logged_out
from events.accounts import access, audit
from events.models import Project
from events.runtime import remembered
from events.values import addresses

View = Callable[..., HttpResponseBase]


def page(action: str, role: str = access.VIEWER, obj: str = "") -> Callable[[View], View]:
    """Makes `view(request, project, **rest)` a page at an address with a `slug`.

    Strangers get 404, members below `role` 403, visitors the login page. Every request of a person writes exactly one
    audit entry: the one the view's own change wrote, or else one named `action` with the object that the URL parameter
    `obj` names.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, slug: str, **rest: Any) -> HttpResponseBase:
            def answer() -> tuple[Project, HttpResponseBase]:
                project = access.get_project_or_404(request.user, slug, role)
                match = request.resolver_match
                if match and slug != project.slug and request.method in ("GET", "HEAD"):
                    # It had this short form before: the address leads on, with all that is in it.
                    address = reverse(match.view_name, kwargs={"slug": project.slug, **rest})
                    query = request.META.get("QUERY_STRING", "")
                    return project, redirect(f"{address}?{query}" if query else address)
                return project, view(request, project, **rest)

            return _audited(
                request, action, answer, slug=slug, obj=(obj.removesuffix("_id"), rest[obj]) if obj else None
            )

        return _marked(door, action, role)

    return decorate


def site_page(action: str, *, staff: bool = False) -> Callable[[View], View]:
    """Makes `view(request, **rest)` a page about no one project; with `staff`, 404 for everybody else."""

    def decorate(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, **rest: Any) -> HttpResponseBase:
            def answer() -> tuple[None, HttpResponseBase]:
                if staff and not request.user.is_staff:
                    raise Http404
                return None, view(request, **rest)

            return _audited(request, action, answer)

        return _marked(door, action)

    return decorate


def _marked(door: View, action: str, role: str = "") -> View:
    """The door with what a walk over all addresses checks."""
    door.audited_action, door.needed_role = action, role  # type: ignore[attr-defined]
    return door


def note_refusal(request: HttpRequest, *, reason: str, status: int) -> None:
    """The entry of a person's request that was turned away before any door; that of a visitor leaves none."""
    if not request.user.is_authenticated:
        return
    match = request.resolver_match
    via = "admin" if match and match.namespace == "admin" else "session"
    detail = {"page": match.view_name if match else "", "status": status, "reason": reason}
    with audit.scope(via=via, address=addresses.of_request(request)):
        audit.record("access.denied", actor=request.user, detail=detail, now=timezone.now())


def _audited(
    request: HttpRequest,
    action: str,
    answer: Callable[[], tuple[Project | None, HttpResponseBase]],
    *,
    slug: str = "",
    obj: tuple[str, object] | None = None,
) -> HttpResponseBase:
    if not request.user.is_authenticated:
        # An address that only takes forms cannot be come back to, and a script cannot read a page.
        if request.method not in ("GET", "HEAD") or logged_out.wants_json(request):
            return logged_out.answer(request)
        return redirect_to_login(request.get_full_path())
    # A look asks each question once; a form may read what it has just changed.
    held = remembered.within() if request.method in ("GET", "HEAD") else nullcontext()
    with audit.scope(via="session", address=addresses.of_request(request)) as written:
        try:
            with held:
                project, response = answer()
        except (Http404, PermissionDenied) as refusal:
            status = 404 if isinstance(refusal, Http404) else 403
            detail = {"action": action, "status": status, **({"project": slug} if slug else {})}
            audit.record("access.denied", actor=request.user, obj=obj, detail=detail, now=timezone.now())
            raise
        if not written.written:
            audit.record(action, actor=request.user, project=project, obj=obj, now=timezone.now())
    return response
