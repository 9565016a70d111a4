"""The read API of lists: every list that is a file, in pages."""

from itertools import islice
from typing import ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import PAGE
from dashboard.exports.lists import LISTS, rows_of


class ListRows(ApiView):
    actions: ClassVar = {"GET": "list.export"}

    @extend_schema(
        operation_id="list_rows",
        parameters=[forms.Cursor],
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
        """The rows of one list behind the cursor, the oldest first: the columns of its file."""
        wanted = LISTS.get(listed)
        project = self.open_project(slug, *([wanted.role] if wanted else []))
        if wanted is None:
            raise Http404(f"No such list; there are {', '.join(LISTS)}.")
        asked = self.parameters(forms.Cursor)
        limit = min(asked.get("limit") or PAGE, PAGE)
        found = list(islice(rows_of(listed, project, after=asked.get("cursor") or 0), limit + 1))
        results = [dict(zip(wanted.columns, row, strict=True)) for row in found[:limit]]
        return Response({"results": results, "next": found[limit - 1][0] if len(found) > limit else None})
