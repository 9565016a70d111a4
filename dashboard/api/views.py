"""The read API: each address asks the same question that its page asks."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.http import Http404
from django.urls import include, path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.questions.errors import issue_list
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from events.accounts import access, tokens
from events.endpoints import performance_api
from events.ingest import accounting, payloads
from events.issues import search, triage
from events.models import Occurrence, Project, Release

_CHANGES = {"resolved": "resolve", "unresolved": "unresolve", "ignored": "ignore"}


class Projects(ApiView):
    actions: ClassVar = {"GET": "project.list"}

    @extend_schema(
        operation_id="projects", parameters=[forms.Cursor],
        responses={200: page_of(forms.ProjectOut, "ProjectPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """The projects this token may read."""
        visible = access.visible_projects(request.user)
        if request.auth.project_id:
            visible = visible.filter(pk=request.auth.project_id)
        rows, following = keyset(visible.order_by("pk"), self.parameters(forms.Cursor), "pk__gt")
        return Response({"results": forms.ProjectOut(rows, many=True).data, "next": following})


class ProjectDetail(ApiView):
    actions: ClassVar = {"GET": "project.view"}

    @extend_schema(operation_id="project", responses={200: forms.ProjectOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """One project."""
        return Response(forms.ProjectOut(self.open_project(slug)).data)


class Issues(ApiView):
    actions: ClassVar = {"GET": "issue.list"}

    @extend_schema(
        operation_id="issues", parameters=[forms.IssueQuery],
        responses={
            200: page_of(forms.IssueOut, "IssuePage", total=serializers.IntegerField()),
            **forms.BAD, **forms.REFUSALS,
        },
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The issues that match a search, 25 at a time."""
        project = self.open_project(slug)
        asked = self.parameters(forms.IssueQuery)
        now = timezone.now()
        page = issue_list.issue_list(
            project,
            search=_search(asked["query"]),
            environment=asked["environment"],
            start=asked.get("start"),
            end=asked.get("end"),
            sort=asked["sort"],
            page=asked.get("cursor", 1),
            user=request.user,
            now=now,
        )
        rows = [row.issue for row in page.rows] if page.page == asked.get("cursor", 1) else []
        following = page.page + 1 if page.has_next else None
        found = forms.IssueOut(rows, many=True).data
        return Response({"results": found, "next": following, "total": page.total})


class IssueDetail(ApiView):
    actions: ClassVar = {"GET": "issue.view", "PATCH": "issue.change"}
    scopes: ClassVar = {"PATCH": tokens.ADMIN}

    @extend_schema(operation_id="issue", responses={200: forms.IssueOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, issue_id: int) -> Response:
        """One issue; the number of a merged issue answers the one it was merged into."""
        return Response(forms.IssueOut(triage.get_or_404(self.open_project(slug), issue_id)).data)

    @extend_schema(
        operation_id="change_issue",
        request=forms.IssueChange,
        responses={200: forms.IssueOut, **forms.BAD, **forms.REFUSALS},
    )
    def patch(self, request: Request, slug: str, issue_id: int) -> Response:
        """Resolves, reopens, ignores or assigns the issue; needs the scope admin and the role editor."""
        project = self.open_project(slug, access.EDITOR)
        issue = triage.get_or_404(project, issue_id)
        options = forms.read(forms.IssueChange, request)
        action = _CHANGES.get(options.pop("status", ""), "assign")
        if action == "assign":
            options = {"to": _member(project, options["assigned_to"])}
        triage.bulk(project, [issue.pk], action, actor=request.user, now=timezone.now(), **options)
        return Response(forms.IssueOut(triage.get_or_404(project, issue.pk)).data)


class IssueEvents(ApiView):
    actions: ClassVar = {"GET": "issue.events"}

    @extend_schema(
        operation_id="issue_events", parameters=[forms.Cursor],
        responses={200: page_of(forms.EventLine, "EventPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str, issue_id: int) -> Response:
        """The events kept in full of an issue, as they came in, newest first."""
        issue = triage.get_or_404(self.open_project(slug), issue_id)
        kept = Occurrence.objects.filter(group__issue=issue).select_related("group").defer("payload").order_by("-pk")
        rows, following = keyset(kept, self.parameters(forms.Cursor), "pk__lt")
        return Response({"results": forms.EventLine(rows, many=True).data, "next": following})


class EventDetail(ApiView):
    actions: ClassVar = {"GET": "event.view"}

    @extend_schema(operation_id="event", responses={200: forms.EventOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, event_id: str) -> Response:
        """One event kept in full."""
        project = self.open_project(slug)
        try:
            named = uuid.UUID(event_id)
        except ValueError as error:
            raise Http404("An event id is 32 hex digits.") from error
        occurrence = Occurrence.objects.select_related("group").filter(project=project, event_id=named).first()
        if occurrence is None:
            raise Http404("No event kept by this id.")
        return Response({**forms.EventLine(occurrence).data, "event": payloads.unpack(bytes(occurrence.payload))})


class Releases(ApiView):
    actions: ClassVar = {"GET": "release.list"}

    @extend_schema(
        operation_id="releases", parameters=[forms.Cursor],
        responses={200: page_of(forms.ReleaseOut, "ReleasePage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The releases of a project, newest first."""
        releases = Release.objects.filter(project=self.open_project(slug)).order_by("-pk")
        rows, following = keyset(releases, self.parameters(forms.Cursor), "pk__lt")
        return Response({"results": forms.ReleaseOut(rows, many=True).data, "next": following})


class Accounting(ApiView):
    actions: ClassVar = {"GET": "accounting.view"}

    @extend_schema(operation_id="accounting", responses={200: forms.AccountingOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """What arrived at a project and what became of it, in records."""
        return Response(accounting.report(project_id=self.open_project(slug).pk).as_dict())


class Schema(ApiView):
    actions: ClassVar = {"GET": "api.schema"}

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        patterns = [path("api/v1/", include("dashboard.api.urls")), *performance_api.urlpatterns]
        return Response(SchemaGenerator(patterns=patterns).get_schema(public=True))


class Nothing(ApiView):
    """Every other address below the API."""

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str = "") -> Response:
        raise Http404("No such address; /api/v1/schema/ lists them.")

    post = put = patch = delete = get


def _search(query: str) -> search.Search:
    try:
        return search.parse(query, now=timezone.now())
    except search.SearchError as error:
        raise exceptions.ValidationError({"detail": error.message, "position": error.position}) from error


def _member(project: Project, username: str | None) -> Any:
    if username is None:
        return None
    member = get_user_model().objects.filter(username=username, is_active=True).first()
    if member is None or not access.has_role(member, project):
        raise exceptions.ValidationError({"detail": "assigned_to: no member of the project has this name."})
    return member
