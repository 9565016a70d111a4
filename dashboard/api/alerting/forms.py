"""What the API of alerting reads and answers, as serializers: rules, alerts, silences, monitors and objectives."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from alerts.models import Alert, AlertTransition, Monitor, MonitorRun, MonitorState, Objective, Rule, Silence
from alerts.rules.backtest import Backtest
from alerts.rules.kinds import CHOICES
from alerts.slos.reports import Report
from analytics.statistics.burn import Pair
from dashboard.api import forms

_MINUTES = 7 * 1440


class Values(serializers.ListField):
    """Those wanted of one dimension."""

    child = serializers.CharField(max_length=300)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, **options)


class Names(serializers.ListField):
    """Channels of the project by their names."""

    child = serializers.CharField(max_length=80)


class Named(serializers.DictField):
    """Values by names, all of which a database can keep."""

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        name = serializers.CharField(max_length=100, trim_whitespace=False)
        for text in _texts(found):
            name.run_validators(text[:100])
        return found


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, names too."""
    if isinstance(value, str):
        for start in range(0, len(value), 100):
            yield value[start : start + 100]
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from (*_texts(str(name)), *_texts(one))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


class RuleIn(serializers.Serializer):
    """A rule as in the files of rules; `config` has the fields of its kind."""

    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=CHOICES)
    metric = serializers.CharField(
        max_length=60, allow_blank=True, default="", help_text="Empty for issue, monitor, logs and formula."
    )
    config = Named(default=dict, help_text="The kind's own fields, as docs/alerts.md lists them.")
    where = Named(child=Values(), default=dict, help_text="Dimension -> values wanted.")
    group_by = serializers.ListField(child=serializers.CharField(max_length=60), default=list, max_length=10)
    for_minutes = serializers.IntegerField(min_value=0, max_value=_MINUTES, default=0)
    keep_minutes = serializers.IntegerField(min_value=0, max_value=_MINUTES, default=0)
    no_data = serializers.ChoiceField(choices=Rule.NoData.choices, default=Rule.NoData.KEEP)
    every_minutes = serializers.IntegerField(min_value=1, max_value=1440, default=1)
    severity = serializers.ChoiceField(choices=Rule.Severity.choices, default=Rule.Severity.ERROR)
    labels = Named(child=serializers.CharField(max_length=200), default=dict)
    runbook = serializers.URLField(max_length=500, allow_blank=True, default="")
    repeat_minutes = serializers.IntegerField(min_value=0, max_value=60 * 1440, default=240)
    channels = Names(default=list, max_length=100, help_text="By name; none: all of the project.")
    is_enabled = serializers.BooleanField(default=True)


class RuleOut(serializers.ModelSerializer):
    channels = serializers.SerializerMethodField()
    config = serializers.DictField()
    where = serializers.DictField(child=Values())
    group_by = serializers.ListField(child=serializers.CharField())
    labels = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Rule
        fields = [
            "id", "name", "kind", "metric", "config", "where", "group_by", "for_minutes", "keep_minutes", "no_data",
            "every_minutes", "severity", "labels", "runbook", "repeat_minutes", "channels", "is_enabled", "objective",
            "last_eval_at", "next_eval_at", "last_error", "created_at",
        ]  # fmt: skip

    def get_channels(self, rule: Rule) -> list[str]:
        return sorted(channel.name for channel in rule.channels.all())


class EpisodeOut(serializers.Serializer):
    labels = serializers.ListField(child=serializers.CharField())
    began = serializers.DateTimeField()
    ended = serializers.DateTimeField(allow_null=True)


class PresentOut(serializers.Serializer):
    labels = serializers.ListField(child=serializers.CharField())
    verdict = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    words = serializers.CharField()


class PreviewOut(serializers.Serializer):
    words = serializers.CharField(help_text="It would have fired 3 times in the last 14 days …")
    start = serializers.DateTimeField()
    fires_a_week = serializers.FloatField(source="a_week")
    median_minutes = serializers.FloatField(allow_null=True)
    ended_within_five_minutes = serializers.IntegerField(source="short")
    episodes = EpisodeOut(many=True)
    present = serializers.SerializerMethodField()

    def get_present(self, found: Backtest) -> list[dict[str, Any]]:
        return [
            {
                "labels": list(labels), "verdict": judged.verdict.value, "value": judged.value,
                "threshold": judged.threshold, "words": judged.words,
            }
            for labels, judged in found.present
        ]  # fmt: skip


class AlertQuery(forms.Cursor):
    state = serializers.ChoiceField(
        choices=["on", "all"], default="on", help_text="on: what is pending, fires or recovers."
    )


class AlertOut(serializers.ModelSerializer):
    rule = serializers.IntegerField(source="rule_id")
    name = serializers.CharField(source="rule.name")
    severity = serializers.CharField(source="rule.severity")
    labels = serializers.DictField(child=serializers.CharField(allow_blank=True))
    acknowledged_by = serializers.CharField(source="acknowledged_by.username", allow_null=True, default=None)

    class Meta:
        model = Alert
        fields = [
            "id", "rule", "name", "severity", "labels", "fingerprint", "state", "since", "is_without_data",
            "is_flapping", "value", "words", "fired_at", "acknowledged_at", "acknowledged_by",
        ]  # fmt: skip


class AlertTransitionOut(serializers.ModelSerializer):
    evidence = serializers.DictField(help_text="What was known at that moment.")

    class Meta:
        model = AlertTransition
        fields = ["before", "after", "at", "value", "words", "evidence"]


class AlertDetailOut(AlertOut):
    transitions = serializers.SerializerMethodField()

    class Meta(AlertOut.Meta):
        fields = [*AlertOut.Meta.fields, "transitions"]

    def get_transitions(self, alert: Alert) -> list[dict[str, Any]]:
        return list(AlertTransitionOut(alert.transitions.all()[:50], many=True).data)


class SilenceIn(serializers.Serializer):
    matchers = Named(
        child=serializers.CharField(max_length=300),
        help_text="Label -> value; all must match. `rule` is a rule's name.",
    )
    reason = serializers.CharField(max_length=200)
    starts_at = forms.Moment(required=False, help_text="Now when not said.")
    ends_at = forms.Moment(required=False)
    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=90 * 1440, help_text="Instead of ends_at."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ends_at" in attrs) == ("minutes" in attrs):
            raise serializers.ValidationError({"ends_at": "Send ends_at or minutes."})
        start: datetime = attrs.get("starts_at") or timezone.now()
        if "minutes" in attrs:
            attrs["ends_at"] = start + timedelta(minutes=attrs.pop("minutes"))
        return {**attrs, "starts_at": start}


class SilenceOut(serializers.ModelSerializer):
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    matchers = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Silence
        fields = ["id", "matchers", "starts_at", "ends_at", "reason", "created_by", "created_at"]


class MonitorIn(serializers.Serializer):
    name = serializers.CharField(max_length=128)
    kind = serializers.ChoiceField(choices=Monitor.Kind.choices)
    schedule = serializers.CharField(
        max_length=200, help_text="cron: 0 3 * * *. interval: 2 hour. simple: 1 d, 90 min, or a number of seconds."
    )
    zone = serializers.CharField(max_length=64, default="UTC")
    margin_seconds = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=300)
    max_runtime_seconds = serializers.IntegerField(min_value=1, max_value=2**31 - 1, default=1800)
    failure_threshold = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    recovery_threshold = serializers.IntegerField(min_value=1, max_value=1000, default=1)
    is_muted = serializers.BooleanField(default=False)
    channels = Names(default=list, max_length=100, help_text="By name; none: all of the project.")
    is_enabled = serializers.BooleanField(default=True, help_text="false pauses it.")


class MonitorStateOut(serializers.ModelSerializer):
    class Meta:
        model = MonitorState
        fields = ["environment", "status", "since", "due_at", "failures", "last_at", "last_ok_at", "words"]


class MonitorOut(serializers.ModelSerializer):
    channels = serializers.SerializerMethodField()
    states = MonitorStateOut(many=True)

    class Meta:
        model = Monitor
        fields = [
            "id", "slug", "name", "kind", "schedule", "zone", "margin_seconds", "max_runtime_seconds",
            "failure_threshold", "recovery_threshold", "source", "is_muted", "is_enabled", "problem", "channels",
            "created_at", "states",
        ]  # fmt: skip

    def get_channels(self, monitor: Monitor) -> list[str]:
        return sorted(channel.name for channel in monitor.channels.all())


class RunOut(serializers.ModelSerializer):
    environment = serializers.CharField(source="state.environment")

    class Meta:
        model = MonitorRun
        fields = [
            "id", "environment", "run_id", "status", "at", "ended_at", "duration_ms", "exit_code", "release",
            "trace_id", "body",
        ]  # fmt: skip


class ObjectiveOut(serializers.ModelSerializer):
    where = serializers.DictField(child=Values())

    class Meta:
        model = Objective
        fields = [
            "id", "name", "indicator", "threshold_ms", "where", "target", "days", "min_total", "min_bad", "created_at",
        ]  # fmt: skip


class WindowsOut(serializers.Serializer):
    """One pair of windows of the burn table."""

    long_minutes = serializers.IntegerField()
    short_minutes = serializers.IntegerField()
    long_burn = serializers.FloatField(allow_null=True)
    short_burn = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField()
    verdict = serializers.CharField()
    words = serializers.CharField()


class ObjectiveReportOut(ObjectiveOut):
    """The objective with where it stands."""

    state = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    total = serializers.IntegerField(help_text="Events in the window.")
    bad = serializers.IntegerField()
    budget_left = serializers.FloatField(allow_null=True, help_text="1 is all of it; below 0 it is overspent.")
    gone_in_seconds = serializers.FloatField(allow_null=True, help_text="At the present pace.")
    burn = WindowsOut(many=True)

    class Meta(ObjectiveOut.Meta):
        fields = [
            *ObjectiveOut.Meta.fields, "state", "start", "end", "total", "bad", "budget_left", "gone_in_seconds",
            "burn",
        ]  # fmt: skip

    def to_representation(self, instance: Any) -> dict[str, Any]:
        found: Report = instance
        rows = [_windows(row.pair, row.burning, row.words) for row in found.rows]
        return {
            **ObjectiveOut(found.objective).data,
            "state": found.state.value,
            "start": found.start,
            "end": found.at,
            "total": found.budget.seen.total,
            "bad": found.budget.seen.bad,
            "budget_left": found.budget.left,
            "gone_in_seconds": found.gone.total_seconds() if found.gone is not None else None,
            "burn": WindowsOut(rows, many=True).data,
        }


def _windows(pair: Pair, burning: Any, words: str) -> dict[str, Any]:
    return {
        "long_minutes": int(pair.long / timedelta(minutes=1)),
        "short_minutes": int(pair.short / timedelta(minutes=1)),
        "long_burn": burning.long,
        "short_burn": burning.short,
        "limit": burning.limit,
        "verdict": burning.verdict.value,
        "words": words,
    }
