"""Pages of lists: what one looks like in the document, and how it is cut."""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

PAGE = 100


def page_of(item: type[serializers.Serializer], name: str, **extra: serializers.Field) -> serializers.Serializer:
    """The answer of a list."""
    fields: dict[str, Any] = {
        "results": item(many=True),
        "next": serializers.IntegerField(allow_null=True, help_text="The cursor of the next page."),
        **extra,
    }
    return inline_serializer(name, fields)


def keyset(rows: Any, cursor: int | None, beyond: str) -> tuple[list[Any], int | None]:
    """A page of `rows` beyond `cursor` (a primary key), and the cursor of the next page."""
    page = list((rows.filter(**{beyond: cursor}) if cursor else rows)[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None
