"""Pages of lists: what one looks like in the document, and how it is cut."""

from collections.abc import Collection, Mapping
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


def keyset(rows: Any, asked: Mapping[str, Any], beyond: str) -> tuple[list[Any], int | None]:
    """A page of `rows` beyond the `cursor` asked for (a primary key), `limit` at most, and the cursor of the next."""
    cursor, limit = asked.get("cursor"), min(asked.get("limit") or PAGE, PAGE)
    page = list((rows.filter(**{beyond: cursor}) if cursor else rows)[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def narrowed(data: Any, names: Collection[str]) -> Any:
    """An answer with these fields alone: those of each of its `results`, or its own. Raises LookupError, with the
    names there are, when an item has one of them not."""
    items = data["results"] if isinstance(data, Mapping) and "results" in data else [data]
    for item in items:
        if unknown := set(names) - set(item):
            raise LookupError(f"There is no field {min(unknown)!r}; there are {', '.join(sorted(item))}.")
    kept = [{name: value for name, value in item.items() if name in names} for item in items]
    return {**data, "results": kept} if "results" in data else kept[0]
