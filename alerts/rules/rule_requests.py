"""Rules as programs send them: the fields of Wanted, the names of channels, and whether the rule is on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.delivery import channel_setup
from alerts.models import Rule
from alerts.rules import rule_setup
from alerts.rules.rule_setup import Wanted
from events.models import Project

FIELDS = tuple(Wanted.__dataclass_fields__)


@transaction.atomic
def create(project: Project, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Rule:
    """A new rule. Raises ValidationError, by field."""
    channels = channel_setup.named(project.pk, sent.get("channels", ()))
    rule = rule_setup.create(project, _wanted({}, sent), channels=channels, actor=actor, now=now)
    return _switched(rule, sent, actor=actor, now=now)


@transaction.atomic
def change(rule: Rule, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Rule:
    """The rule with what was sent changed; the rest stays. Raises ValidationError, by field."""
    if set(sent) - {"is_enabled"}:
        demand_own(rule)
        stored = {name: getattr(rule, name) for name in FIELDS}
        if sent.get("kind", rule.kind) != rule.kind:
            stored.update(config={}, metric="")  # those of another kind mean nothing to it
        channels = list(rule.channels.defer("config"))
        if "channels" in sent:
            channels = channel_setup.named(rule.project_id, sent["channels"])
        rule = rule_setup.update(rule, _wanted(stored, sent), channels=channels, actor=actor, now=now)
    return _switched(rule, sent, actor=actor, now=now)


def delete(rule: Rule, *, actor: Any, now: datetime) -> None:
    """Raises ValidationError for a rule of an objective."""
    demand_own(rule)
    rule_setup.delete(rule, actor=actor, now=now)


def trial(project: Project, sent: Mapping[str, Any]) -> Rule:
    """The rule that was sent, stored nowhere. Raises ValidationError, by field."""
    rule = Rule(project=project)
    rule_setup.put(rule, _wanted({}, sent))
    return rule


def demand_own(rule: Rule) -> None:
    """Raises ValidationError for a rule that follows an objective."""
    if rule.objective_id:
        raise ValidationError({"objective": f"This rule belongs to the objective {rule.objective}: change that."})


def _wanted(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> Wanted:
    given = {name: sent[name] for name in FIELDS if name in sent}
    defaults = asdict(Wanted(name="", kind="", config={}))
    return Wanted(**{**defaults, **stored, **given})


def _switched(rule: Rule, sent: Mapping[str, Any], *, actor: Any, now: datetime) -> Rule:
    if "is_enabled" in sent and sent["is_enabled"] != rule.is_enabled:
        return rule_setup.switch(rule, on=sent["is_enabled"], actor=actor, now=now)
    return rule
