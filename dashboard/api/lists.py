"""The read API of lists: every list that is a file, in pages."""

from contextlib import closing
from itertools import islice
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import forms
from dashboard.api.base import FIELDS
from dashboard.api.paging import PAGE
from dashboard.api.performance import QuestionView
from dashboard.exports import lists
from dashboard.exports.lists import LISTS
from dashboard.pages.exports import asking
from events.accounts import access

_STATE = [
    OpenApiParameter("env", str, description="Environment, of lists that take it."),
    OpenApiParameter("from", str, description="-7d, a moment, or week; of lists that take a period."),
    OpenApiParameter("to", str, description="A moment; now by default."),
]


class Lists(QuestionView):
    actions: ClassVar = {"GET": "export.view"}

    @extend_schema(
        operation_id="lists",
        responses={
            200: inline_serializer(
                "Lists",
                {
                    "results": inline_serializer(
                        "ListAbout",
                        {
                            "name": serializers.CharField(),
                            "title": serializers.CharField(),
                            "columns": serializers.ListField(child=serializers.CharField()),
                            "parameters": serializers.ListField(child=serializers.CharField()),
                            "needs": serializers.ListField(child=serializers.CharField()),
                            "role": serializers.CharField(),
                        },
                        many=True,
                    )
                },
            ),
            **forms.REFUSALS,
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        """The lists there are for the token's owner: columns, and the parameters of their pages that narrow them."""
        project = self.open_project(slug)
        role = access.role_of(request.user, project)
        return Response(
            {
                "results": [
                    {"name": name, "title": one.title, "columns": list(one.columns), "parameters": list(one.knows),
                     "needs": list(one.needs), "role": one.role}
                    for name, one in sorted(LISTS.items())
                    if access.is_enough(role, one.role)
                ]
            }
        )  # fmt: skip


class ListRows(QuestionView):
    actions: ClassVar = {"GET": "list.export"}

    @extend_schema(
        operation_id="list_rows",
        parameters=[forms.Cursor, *_STATE],
        responses={
            200: inline_serializer(
                "ListRows",
                {
                    "results": serializers.ListField(child=serializers.DictField()),
                    "next": serializers.IntegerField(allow_null=True, help_text="The cursor of the next page."),
                },
            ),
            **forms.BAD,
            **forms.REFUSALS,
        },
    )
    def get(self, request: Request, slug: str, listed: str) -> Response:
        """The rows of one list behind the cursor: the columns of its file, narrowed by the parameters of its page."""
        wanted = LISTS.get(listed)
        project = self.open_project(slug, *([wanted.role] if wanted else []))
        if wanted is None:
            raise Http404(f"No such list; there are {', '.join(LISTS)}.")
        page, given = self._parameters(request, wanted)
        limit, after = min(page.get("limit") or PAGE, PAGE), page.get("cursor") or 0
        try:
            rows = lists.ask(wanted, asking.asked(project, given, user=request.user, now=timezone.now(), after=after))
        except ValueError as error:
            raise exceptions.ValidationError({"detail": str(error)}) from error
        with closing(rows):  # what is read from the database ends with the page
            found = list(islice(rows, limit + 1))
        results = [dict(zip(wanted.columns, row, strict=True)) for _, row in found[:limit]]
        return Response({"results": results, "next": found[limit - 1][0] if len(found) > limit else None})

    def _parameters(self, request: Request, wanted: lists.Listed) -> tuple[dict[str, Any], dict[str, str]]:
        """What is said of the page of rows, and of the list. Raises a 400 for what the list does not take."""
        said = request.query_params.dict()
        page = {name: said.pop(name) for name in ("cursor", "limit") if name in said}
        said.pop(FIELDS, None)
        if unknown := set(said) - set(wanted.knows):
            known = ", ".join([*wanted.knows, "cursor", "limit", FIELDS])
            raise exceptions.ValidationError({"detail": f"Unknown parameter {min(unknown)!r}; known are {known}."})
        read = forms.Cursor(data=page)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data), said
