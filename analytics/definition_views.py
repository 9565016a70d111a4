"""The edges that hand definitions of flags to servers with an API token: PostHog's local evaluation."""

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import parse_etags
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from analytics.flags import answers, books
from analytics.models import Flag
from events.accounts import access, audit, tokens
from events.endpoints.admission.bearer import TokenAuthentication, TokenThrottle
from events.ingest import refusals
from events.models import IngestKey, Project
from events.values import addresses


class DefinitionsView(APIView):
    """`GET /flags/definitions` and `/api/feature_flag/local_evaluation`: ETag, 304, 401.

    A copy that is handed out leaves an entry in the audit trail; being told that nothing changed, twice a minute and
    process, leaves none.
    """

    schema = None
    authentication_classes: Sequence[Any] = [TokenAuthentication]
    throttle_classes: Sequence[Any] = [TokenThrottle]
    request: Request

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        with audit.scope(via="token", address=addresses.of_request(request)) as self.scope:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.scope.via = f"token:{request.auth.pk}"
        if tokens.READ not in request.auth.scopes:
            address = addresses.of_request(request._request)
            refusals.note_scope(request.auth, tokens.READ, address=address, now=self.now)
            raise exceptions.PermissionDenied(f"This token lacks the scope {tokens.READ}.")

    def get(self, request: Request) -> HttpResponse:
        project = self.project("@current")
        data = orjson.dumps(answers.document(books.of(project.pk), now=self.now))
        etag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
        books.note_fetched(project.pk, now=self.now)
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers={"ETag": etag})
        audit.record("flag.definitions", actor=request.user, project=project, now=self.now)
        return HttpResponse(data, "application/json", headers={"ETag": etag, "Cache-Control": "private, no-cache"})

    def project(self, named: str) -> Project:
        """The project that the address, the public key in `?token=` or the token itself names; where none does, as
        posthog-node 4 at times, the only one that the token reaches."""
        token = self.request.auth
        projects = access.visible_projects(self.request.user)
        if token.project_id:
            projects = projects.filter(pk=token.project_id)
        public_key = self.request.query_params.get("token", "")
        if named.isdecimal() and len(named) < 19:
            projects = projects.filter(pk=int(named))
        elif named != "@current":
            projects = projects.filter(slug=named)
        elif not public_key and not token.project_id and projects.count() > 1:
            raise exceptions.ValidationError({"detail": "Name the project: ?token=<its public key>."})
        if public_key:
            keys = IngestKey.objects.filter(public_key=public_key[:64])
            projects = projects.filter(pk__in=keys.values("project_id"))
        found = projects.first()
        if found is None:
            raise Http404
        return found


class RemoteConfigView(DefinitionsView):
    """`GET /api/projects/<project>/feature_flags/<key>/remote_config`: the payload of a flag, as JSON text in JSON."""

    def get(self, request: Request, named: str, key: str) -> HttpResponse:  # type: ignore[override]
        project = self.project(named)
        flag = get_object_or_404(Flag, project=project, key=key, archived_at=None)
        audit.record("flag.remote_config", actor=request.user, project=project, obj=flag, now=self.now)
        payload = (flag.filters.get("payloads") or {}).get("true") if flag.is_active else None
        return HttpResponse(orjson.dumps(payload), "application/json")
