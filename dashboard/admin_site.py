"""The admin: for staff, entered by the one login page, one audit entry for each request."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from events.accounts import audit
from events.values import addresses

MOST_COUNTED = 1000


class ObsAdminSite(AdminSite):
    site_header = site_title = "FormaOS Obs admin"
    index_title = "Configuration"
    enable_nav_sidebar = True

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Each table with how many rows of it whoever asks may look at, counted up to MOST_COUNTED."""
        counted = self.get_app_list(request)
        for app in counted:
            for table in app["models"]:
                rows = self._registry[table["model"]].get_queryset(request).order_by()
                count = rows.values("pk")[: MOST_COUNTED + 1].count()
                table["count"] = f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"
        return super().index(request, {"app_list": counted, **(extra_context or {})})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page of the dashboard; 404 for whoever is logged in and is no staff."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The one form that changes a password, which counts guesses and ends other logins."""
        return redirect("dashboard:password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("dashboard:account")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """`view` for staff only, with one entry for each request; Django's catalogue of words needs none."""
        inner = super().admin_view(view, cacheable)
        if cacheable:
            return inner

        @wraps(view)
        def audited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                if request.user.is_authenticated:  # a visitor is nobody, and may ask for ever
                    with audit.scope(via="admin", address=addresses.of_request(request)):
                        _note(request, "access.denied", kwargs, status=404)
                return inner(request, *args, **kwargs)
            with audit.scope(via="admin", address=addresses.of_request(request)) as written:
                try:
                    response = inner(request, *args, **kwargs)
                except (Http404, PermissionDenied) as refusal:
                    _note(request, "access.denied", kwargs, status=404 if isinstance(refusal, Http404) else 403)
                    raise
                if not written.written:
                    _note(request, "admin.view" if request.method == "GET" else "admin.post", kwargs)
            return response

        audited.audited_action = "admin.view"  # type: ignore[attr-defined]
        return audited


def _note(request: HttpRequest, action: str, named: dict[str, Any], **detail: Any) -> None:
    where = request.resolver_match.view_name if request.resolver_match else ""
    obj = (where.removeprefix("admin:").rpartition("_")[0], named["object_id"]) if "object_id" in named else None
    audit.record(action, actor=request.user, obj=obj, detail={"page": where, **detail}, now=timezone.now())
