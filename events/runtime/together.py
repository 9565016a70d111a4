"""Rows of several tables in one statement, for pages that show many short lists.

Each list is an array of JSON objects, of which the models are made again. It is meant for tens of rows a list: what is
long, or has bytes in it, is asked for by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject

_NOTHING = "SELECT NULL::jsonb WHERE false"


def asked(**lists: QuerySet[Any, Any]) -> dict[str, list[Any]]:
    """The rows of each list, by its name, all of one moment.

    Models come as from the list itself, with `select_related` (one step), `only`, `defer` and annotations, of which
    JSON has the values; lists of `values` come as dictionaries of what JSON has: moments are texts there. Raises
    TypeError on columns that JSON cannot hold.
    """
    shapes = {name: _shape(found) for name, found in lists.items()}
    parts, bound = [], list[Any]()
    for name, found in lists.items():
        statement, parameters = _statement(found, shapes[name])
        parts.append(f"ARRAY({statement})")
        bound += parameters
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", bound)
        row = cursor.fetchone() or ()
    read = {name: [_loaded(one) for one in said] for name, said in zip(lists, row, strict=True)}
    return {name: [shape.made(one) for one in read[name]] if shape else read[name] for name, shape in shapes.items()}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a model is read: `columns` are attributes, `related` the shapes behind foreign keys."""

    model: type[models.Model]
    columns: tuple[models.Field[Any, Any], ...]
    related: Mapping[str, _Shape]
    annotations: tuple[str, ...] = ()

    def said(self, prefix: str = "") -> JSONObject:
        """The JSON of a row."""
        fields: dict[str, Any] = {one.attname: F(f"{prefix}{one.attname}") for one in self.columns}
        fields |= {f"{name}.": shape.said(f"{prefix}{name}__") for name, shape in self.related.items()}
        return JSONObject(**fields, **{f"{name}=": F(name) for name in self.annotations})

    def made(self, row: Mapping[str, Any]) -> Any:
        """The model of that JSON."""
        names = [one.attname for one in self.columns]
        values = [one.to_python(row[one.attname]) for one in self.columns]
        found = self.model.from_db(DEFAULT_DB_ALIAS, names, values)
        for name, shape in self.related.items():
            other = row[f"{name}."]
            is_there = other[shape.model._meta.pk.attname] is not None
            setattr(found, name, shape.made(other) if is_there else None)
        for name in self.annotations:
            setattr(found, name, row[f"{name}="])
        return found


def _shape(found: QuerySet[Any, Any]) -> _Shape | None:
    """None for a list of `values`."""
    if found.query.values_select or found.query.group_by:
        return None
    names, is_without = found.query.deferred_loading
    chosen = found.query.select_related or {}
    related = {
        name: _Shape(model, _columns(model, names, prefix=f"{name}__", is_without=is_without or name in names), {})
        for name in (chosen if isinstance(chosen, dict) else ())
        if (model := found.model._meta.get_field(name).related_model)
    }
    columns = _columns(found.model, names, prefix="", is_without=is_without)
    return _Shape(found.model, columns, related, tuple(found.query.annotation_select))


def _columns(
    model: type[models.Model], names: Any, *, prefix: str, is_without: bool
) -> tuple[models.Field[Any, Any], ...]:
    kept = []
    for field in model._meta.concrete_fields:
        is_named = f"{prefix}{field.name}" in names or f"{prefix}{field.attname}" in names
        if is_named == is_without and not field.primary_key:
            continue
        is_foreign = hasattr(field, "from_db_value") and not isinstance(field, models.JSONField)
        if isinstance(field, models.BinaryField) or is_foreign:
            raise TypeError(f"{field} does not pass as JSON; defer it")
        kept.append(field)
    return tuple(kept)


def _statement(found: QuerySet[Any, Any], shape: _Shape | None) -> tuple[str, tuple[Any, ...]]:
    asked = found if shape is None else found.values(json_of_row=shape.said())
    try:
        sql, parameters = asked.query.sql_with_params()
    except EmptyResultSet:
        return _NOTHING, ()
    # The statement is Django's own, with its parameters beside it.
    return (sql if shape else f"SELECT to_jsonb(r) FROM ({sql}) r"), tuple(parameters)  # noqa: S608


def _loaded(said: Any) -> Any:
    return json.loads(said) if isinstance(said, str | bytes) else said
