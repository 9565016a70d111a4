"""The door of sentry-cli's addresses: token of scope `releases`, rate, size, project, one audit entry for each call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import re2
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from events.accounts import access, audit, tokens
from events.endpoints.admission.bearer import TokenAuthentication, TokenThrottle
from events.facts import schema
from events.ingest import refusals
from events.models import ApiToken, Project, Release
from events.releases import uploads
from events.values import addresses, lenient
from events.values.errors import Malformed

JSON_BYTES = 8 * 1024 * 1024
_NUMBER = re2.compile(r"[0-9]{1,18}")


class AnyJson(BaseParser):
    """A JSON object, whatever its content type says: curl calls it a form."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        data = stream.read()
        try:
            value = lenient.loads(data) if data else {}
        except Malformed as error:
            raise exceptions.ParseError(error.detail) from error
        if not isinstance(value, dict):
            raise exceptions.ParseError("Send a JSON object.")
        return value


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = "The request is too large."


class CliView(APIView):
    """One address: token, scope, rate, size, one audit entry. `actions` names the entries of reads, by method."""

    schema = None
    authentication_classes: Sequence[Any] = [TokenAuthentication]
    throttle_classes: Sequence[Any] = [TokenThrottle]
    parser_classes: Sequence[Any] = [AnyJson]
    largest = JSON_BYTES
    action = "cli.read"
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        with audit.scope(via="token", address=addresses.of_request(request)) as self.written:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        self.written.via = f"token:{self.token.pk}"
        self.check_throttles(request)
        if tokens.RELEASES not in self.token.scopes:
            address = addresses.of_request(request._request)
            refusals.note_scope(self.token, tokens.RELEASES, address=address, now=self.now)
            raise exceptions.PermissionDenied(f"This token lacks the scope {tokens.RELEASES}.")
        if int(request._request.META.get("CONTENT_LENGTH") or 0) > self.largest:
            raise TooLarge(f"A request has at most {self.largest} bytes.")

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case ValidationError():
                exc = exceptions.ValidationError({"detail": " ".join(exc.messages)})
            case uploads.TooMuch():
                exc = exceptions.Throttled(detail=str(exc))
            case uploads.UploadError():
                exc = exceptions.ValidationError({"detail": str(exc)})
            case Http404():
                exc = exceptions.NotFound(str(exc) or None)
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        token = getattr(request, "auth", None)
        if isinstance(token, ApiToken) and not self.written.written:
            named, action = dict(self.kwargs), self.action
            if response.status_code >= 400:
                named, action = {**named, "action": action, "status": response.status_code}, "access.denied"
            audit.record(action, actor=token.user, project=token.project, detail=named, now=self.now)
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final

    @property
    def token(self) -> ApiToken:
        token: ApiToken = self.request.auth
        return token

    def field(self, name: str, limit: int = 2_000) -> str:
        """A text of the body; "" for none. Raises a 400 for what is no text or too long."""
        value = self.request.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > limit:
            raise exceptions.ValidationError({"detail": f"{name} is a text of at most {limit} characters."})
        return value

    def moment(self, name: str) -> datetime | None:
        """A moment of the body. Raises a 400 for what cannot be read as one."""
        value = self.request.data.get(name)
        found = schema.moment(value)
        if value is not None and found is None:
            raise exceptions.ValidationError({"detail": f"{name} is no moment in time."})
        return found

    def reachable(self) -> list[Project]:
        """The projects the token's owner may look at, or the one that the token is for."""
        found = access.visible_projects(self.token.user)
        return list(found.filter(pk=self.token.project_id) if self.token.project_id else found[:500])

    def open_project(self, slug: str, role: str = access.EDITOR) -> Project:
        """The project of this short form, or of this number as DSNs have it, if the token reaches it. Raises Http404,
        PermissionDenied."""
        if _NUMBER.fullmatch(slug) and not Project.objects.filter(slug=slug).exists():
            slug = Project.objects.filter(pk=int(slug)).values_list("slug", flat=True).first() or slug
        return access.get_project_or_404(self.token.user, slug, role, only=self.token.project_id)

    def named_projects(self) -> list[Project]:
        """The projects that the body names, else the token's own. Raises a 400 when there is neither."""
        names = self.request.data.get("projects") or ([self.token.project.slug] if self.token.project else [])
        if not isinstance(names, list) or not names or len(names) > uploads.PROJECTS:
            raise exceptions.ValidationError({"detail": "Name the project: sentry-cli -p, or SENTRY_PROJECT."})
        return [self.open_project(str(name)) for name in names]

    def projects_of(self, version: str, slug: str = "") -> list[Project]:
        """The project of the address, else those that the body names, else those that have the release, else the
        token's own. Raises Http404 where there is none."""
        if slug:
            return [self.open_project(slug)]
        if self.request.data.get("projects"):
            return self.named_projects()
        has = Release.objects.filter(project__in=self.reachable(), version=version).select_related("project")
        found = [one.project for one in has if access.has_role(self.token.user, one.project, access.EDITOR)]
        if not found and not self.token.project:
            raise Http404("No such release; to make it, name the project.")
        return found or self.named_projects()

    def releases_named(self, version: str, role: str, slug: str = "") -> list[Release]:
        """The release in each reachable project that has it, or in that one. Raises Http404."""
        within = [self.open_project(slug, role)] if slug else self.reachable()
        found = Release.objects.select_related("project").filter(project__in=within, version=version)
        allowed = [release for release in found if access.has_role(self.token.user, release.project, role)]
        if not allowed:
            raise Http404("No such release.")
        return allowed
