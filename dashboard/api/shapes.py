"""Serializers of the answers of questions, made from their frozen dataclasses: one source of names and types."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from rest_framework import serializers

_PLAIN: dict[Any, type[serializers.Field]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    datetime: serializers.DateTimeField,
    UUID: serializers.UUIDField,
}


class Seconds(serializers.FloatField):
    """A length of time as its seconds."""

    def to_representation(self, value: timedelta) -> float:
        return value.total_seconds()


@cache
def of(shape: type) -> type[serializers.Serializer]:
    """The serializer of a dataclass: its fields, then its properties."""
    if not is_dataclass(shape):
        raise TypeError(f"{shape!r} is no dataclass.")
    hints = get_type_hints(shape)
    named = {field.name: _field(hints[field.name]) for field in fields(shape)}
    for name, value in vars(shape).items():
        if isinstance(value, property) and value.fget:
            named[name] = _field(get_type_hints(value.fget)["return"])
    return type(shape.__name__, (serializers.Serializer,), {**named, "__doc__": shape.__doc__})


def _field(hint: Any, **options: Any) -> serializers.Field:
    if get_origin(hint) in (Union, UnionType):
        [inner] = [one for one in get_args(hint) if one is not NoneType]
        return _field(inner, allow_null=True)
    if hint in _PLAIN:
        return _PLAIN[hint](**options)
    if hint is timedelta:
        return Seconds(help_text="Seconds.", **options)
    if _is_named(hint):
        return serializers.ListField(child=_field(object), **options)
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return serializers.DictField(child=_field(arguments[1]), **options)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if is_dataclass(arguments[0]):
            return of(arguments[0])(many=True, **options)  # type: ignore[arg-type]
        return serializers.ListField(child=_field(arguments[0]), **options)
    if is_dataclass(hint):
        return of(hint)(**options)  # type: ignore[arg-type]
    return serializers.JSONField(**options)


def _is_named(hint: Any) -> bool:
    """Whether it is a named tuple, which a list stands for."""
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")
