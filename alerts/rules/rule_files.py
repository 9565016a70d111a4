"""Rules as a file that people review: YAML out, YAML in, and what a file would change before it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from alerts.delivery import channel_setup
from alerts.models import Channel, Rule
from alerts.rules import rule_setup
from alerts.rules.rule_setup import Wanted
from events.models import Project

VERSION = 1
_DEFAULTS = asdict(Wanted(name="", kind="", metric="", config={}))
_NAMES = (*_DEFAULTS, "channels", "is_enabled")
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Applied:
    """What a file did, by names of rules."""

    made: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    deleted: tuple[str, ...]

    @property
    def words(self) -> str:
        parts = {"made": self.made, "changed": self.changed, "the same": self.same, "deleted": self.deleted}
        return ", ".join(f"{len(names)} {word}" for word, names in parts.items())


class BadFile(ValueError):
    """The file cannot be taken; the message says where."""


def export(project: Project) -> str:
    """The project's rules as YAML, by name, without what is as by default."""
    rules = [_as_dict(rule, rule.channels.all()) for rule in own(project).order_by("name")]
    return yaml.safe_dump({"version": VERSION, "rules": rules}, sort_keys=False, allow_unicode=True, width=100)


def own(project: Project) -> QuerySet[Rule]:
    """The rules that stand for themselves; those of an objective follow it."""
    return project.rules.filter(objective=None).prefetch_related("channels")


@transaction.atomic
def apply(project: Project, text: str, *, prune: bool, actor: Any, now: datetime) -> Applied:
    """Make and change rules as a file says, all or none; with `prune`, rules that it does not name are deleted.

    Raises BadFile.
    """
    wanted = read(text)
    stored = {rule.name: rule for rule in own(project)}
    made: list[str] = []
    changed: list[str] = []
    same: list[str] = []
    for entry in wanted:
        name = entry["name"]
        rule = stored.pop(name, None)
        if _put(project, rule, entry, actor=actor, now=now):
            (made if rule is None else changed).append(name)
        else:
            same.append(name)
    if prune:
        for rule in stored.values():
            rule_setup.delete(rule, actor=actor, now=now)
    deleted = tuple(stored) if prune else ()
    return Applied(tuple(made), tuple(changed), tuple(same), deleted)


def read(text: str) -> list[dict[str, Any]]:
    """The rules of a file. Raises BadFile."""
    if len(text) > LARGEST:
        raise BadFile("The file is larger than a megabyte.")
    try:
        # Aliases make small files large; no file of rules needs one.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise BadFile("The file has aliases (*name); write the values out.")
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(f"The file is not YAML: {str(error).splitlines()[0]}") from None
    rules = found.get("rules") if isinstance(found, dict) else None
    if not isinstance(rules, list) or found.get("version") != VERSION:
        raise BadFile(f"The file needs `version: {VERSION}` and a list `rules`.")
    names = set()
    for place, entry in enumerate(rules, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise BadFile(f"Rule {place} has no name.")
        unknown = set(entry) - set(_NAMES)
        if unknown:
            raise BadFile(f"{entry['name']}: there is no field {', '.join(sorted(map(str, unknown)))}.")
        if entry["name"] in names:
            raise BadFile(f"{entry['name']} stands there twice.")
        names.add(entry["name"])
    return rules


def _put(project: Project, rule: Rule | None, entry: Mapping[str, Any], *, actor: Any, now: datetime) -> bool:
    """Whether the rule had to be made or changed."""
    name, is_enabled = entry["name"], bool(entry.get("is_enabled", True))
    try:
        channels = channel_setup.named(project.pk, entry.get("channels", []))
        wanted = Wanted(**{**_DEFAULTS, **{key: value for key, value in entry.items() if key in _DEFAULTS}})
        meant = Rule(project=project, is_enabled=is_enabled)
        rule_setup.put(meant, wanted)
        if rule is not None and _as_dict(rule, rule.channels.all()) == _as_dict(meant, channels):
            return False
        if rule is None:
            rule = rule_setup.create(project, wanted, channels=channels, actor=actor, now=now)
        else:
            rule = rule_setup.update(rule, wanted, channels=channels, actor=actor, now=now)
    except ValidationError as error:
        said = "; ".join(f"{field}: {' '.join(reasons)}" for field, reasons in error.message_dict.items())
        raise BadFile(f"{name}: {said}") from None
    except (TypeError, AttributeError) as error:
        raise BadFile(f"{name}: a field has a value of the wrong kind ({error}).") from None
    if is_enabled != rule.is_enabled:
        rule_setup.switch(rule, on=is_enabled, actor=actor, now=now)
    return True


def _as_dict(rule: Rule, channels: Iterable[Channel]) -> dict[str, Any]:
    found = {name: getattr(rule, name) for name in _DEFAULTS}
    return _tidy({**found, "channels": sorted(channel.name for channel in channels), "is_enabled": rule.is_enabled})


def _tidy(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is as by default, in the order of the fields."""
    defaults = {**_DEFAULTS, "channels": [], "is_enabled": True, "config": None, "group_by": []}
    plain = {name: list(entry[name]) if name == "group_by" else entry[name] for name in _NAMES if name in entry}
    return {name: value for name, value in plain.items() if value != defaults[name]}
