"""What the OpenAPI document says of each call, for people: by subject, with one project in the address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.urls import Resolver404, resolve

from events.accounts import tokens

_FILE = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_PLACE = re.compile(r"{(\w+)}")
_SAMPLE = {"uuid": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query string; `words` says what it means, with its choices."""

    name: str
    words: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One method of one address below /api/v1/; `scope` is what a token needs for it, empty where a key is enough."""

    method: str
    path: str
    subject: str
    words: str
    parameters: tuple[Parameter, ...]
    has_body: bool
    scope: str

    def at(self, slug: str) -> str:
        """The address with the project in it; other places stay in angle brackets."""
        return _PLACE.sub(r"<\1>", self.path.replace("{slug}", slug))

    def curl(self, slug: str, *, base: str) -> str:
        """The call as a line for a shell that has the token in $OBS_TOKEN, or the key in $OBS_KEY."""
        named = 'X-Obs-Key: $OBS_KEY"' if not self.scope else 'Authorization: Bearer $OBS_TOKEN"'
        method = "" if self.method == "GET" else f" -X {self.method}"
        body = " -H 'Content-Type: application/json' -d @body.json" if self.has_body else ""
        return f"curl{method} -H \"{named}{body} '{base.rstrip('/')}{self.at(slug)}'"


def calls(*, text: str = "") -> list[tuple[str, list[Call]]]:
    """The calls by subject, those alone that hold `text` in address or words, whatever the case."""
    found: dict[str, list[Call]] = {}
    wanted = text.lower()
    for call in _all():
        if wanted in f"{call.method} {call.path} {call.words}".lower():
            found.setdefault(call.subject, []).append(call)
    return list(found.items())


@cache
def _all() -> tuple[Call, ...]:
    return tuple(_read(orjson.loads(_FILE.read_bytes())))


def _read(document: Mapping[str, Any]) -> Iterator[Call]:
    for path, methods in sorted(document["paths"].items()):
        for method in _METHODS:
            if method in methods:
                said = methods[method]
                yield Call(
                    method.upper(), path, _subject(path), " ".join(said.get("description", "").split()),
                    tuple(_parameter(one) for one in said.get("parameters", ()) if one["in"] == "query"),
                    "requestBody" in said, _scope(path, method.upper()),
                )  # fmt: skip


def _subject(path: str) -> str:
    rest = path.removeprefix("/api/v1/").removeprefix("projects/").removeprefix("{slug}/")
    return (rest.split("/")[0] or "projects").replace("-", " ").replace("{slug}", "projects").capitalize()


def _parameter(said: Mapping[str, Any]) -> Parameter:
    choices = said.get("schema", {}).get("enum")
    words = " ".join(said.get("description", "").split("\n\n")[0].replace("*", "").split())
    listed = f"One of {', '.join(map(str, choices))}." if choices else ""
    meaning = f"{'' if words.startswith('`') else words} {listed}".strip()
    return Parameter(said["name"], meaning, said.get("required", False))


def _scope(path: str, method: str) -> str:
    """The scope that the address wants of a token, as its view declares it."""
    for sample in ("1", "x", _SAMPLE["uuid"]):
        try:
            view = getattr(resolve(_PLACE.sub(sample, path)).func, "cls", None)
        except Resolver404:
            continue
        scopes = getattr(view, "scopes", None)
        if scopes is not None:
            return str(scopes.get(method, tokens.READ))
        return ""
    return ""
