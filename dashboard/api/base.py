"""The doors of the read API: token, scope, rate, project, and one audit entry for each call."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK, HTTP_400_BAD_REQUEST
from rest_framework.views import APIView

from dashboard.api import paging
from events.accounts import access, audit, tokens
from events.endpoints.admission.bearer import TokenAuthentication, TokenThrottle
from events.ingest import refusals
from events.models import ApiToken, Project
from events.values import addresses

FIELDS = "fields"
"""The parameter that every address takes: which fields its answer has, by commas."""

_LONGEST = 2000


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "fobs_…"}


class ApiView(APIView):
    """One address of the API. `actions` names the audit entry, `scopes` the scope, by method."""

    authentication_classes: Sequence[Any] = [TokenAuthentication]
    throttle_classes: Sequence[Any] = [TokenThrottle]
    actions: ClassVar[dict[str, str]] = {}
    scopes: ClassVar[dict[str, str]] = {}
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with audit.scope(via="token", address=addresses.of_request(request)) as self.written:
            return super().dispatch(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        self.written.via = f"token:{request.auth.pk}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        scope = self.scopes.get(request.method or "", tokens.READ)
        if scope not in request.auth.scopes:
            refusals.note_scope(request.auth, scope, address=addresses.of_request(request._request), now=timezone.now())
            raise exceptions.PermissionDenied(f"This token lacks the scope {scope}.")

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ValidationError):
            by_field = exc.message_dict if hasattr(exc, "error_dict") else {"detail": " ".join(exc.messages)}
            exc = exceptions.ValidationError(by_field)
        response = super().handle_exception(exc)
        if isinstance(exc, exceptions.ValidationError) and "detail" not in (response.data or {}):
            fields = "; ".join(f"{name}: {_first(said)}" for name, said in response.data.items())
            response.data = {"detail": fields, "fields": response.data}
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        names = {name.strip() for name in request.GET.get(FIELDS, "")[:_LONGEST].split(",")} - {""}
        is_answer = request.method == "GET" and response.status_code == HTTP_200_OK
        if names and is_answer and isinstance(response.data, dict):
            try:
                response.data = paging.narrowed(response.data, names)
            except LookupError as error:
                response = Response({"detail": f"{FIELDS}: {error.args[0]}"}, status=HTTP_400_BAD_REQUEST)
        token = getattr(request, "auth", None)
        if token is not None and not self.written.written:
            self._record(token, response)
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final

    def _record(self, token: ApiToken, response: Response) -> None:
        action = self.actions.get(self.request.method or "", f"api.{(self.request.method or '').lower()}")
        named = {name: value for name, value in self.kwargs.items() if name != "rest"}
        if response.status_code >= 400:
            named, action = {**named, "action": action, "status": response.status_code}, "access.denied"
        project = getattr(self, "project", None)
        audit.record(action, actor=token.user, project=project, detail=named, now=timezone.now())

    def open_project(self, slug: str, role: str = access.VIEWER) -> Project:
        """The project, if the token's owner may and the token is not for another one; 404 otherwise."""
        token: ApiToken = self.request.auth
        self.project = access.get_project_or_404(token.user, slug, role, only=token.project_id)
        return self.project

    def parameters(self, form: type[serializers.Serializer]) -> dict[str, Any]:
        """The query string as `form` reads it. Raises a 400 that names each wrong parameter."""
        read = form(data=self.request.query_params)
        unknown = set(self.request.query_params) - set(read.fields) - {FIELDS}
        if unknown:
            known = ", ".join([*read.fields, FIELDS])
            raise exceptions.ValidationError({"detail": f"Unknown parameter {min(unknown)!r}; known are {known}."})
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)


def _first(said: Any) -> str:
    while isinstance(said, list | dict) and said:
        said = next(iter(said.values())) if isinstance(said, dict) else said[0]
    return str(said)
