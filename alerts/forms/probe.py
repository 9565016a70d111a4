"""What a person types to have an address looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alerts import schedule
from alerts.forms import parts
from alerts.models import Probe
from alerts.probes import checks, probe_setup
from alerts.probes.checks import METHODS, OF_KIND, RECORDS, InvalidCheck
from alerts.probes.found import Found
from alerts.probes.probe_setup import Wanted
from alerts.schedule import InvalidSchedule
from events.models import Project

# Where what a check complains of is typed.
_TYPED = {"interval_seconds": "interval", "timeout_seconds": "timeout", "is_pattern": "match", "is_negated": "match"}
_TARGETS = {
    "http": ("URL", "https://shop.example.org/health"),
    "tcp": ("Host and port", "db.example.org:5432"),
    "tls": ("Host and port", "shop.example.org, or mail.example.org:465. 443 where none is written."),
    "dns": ("Name", "shop.example.org"),
}
_SECRET = ("headers", "body", "forgets_secrets")
_PLAIN = ("name", "target", "failure_threshold", "recovery_threshold", "is_muted", "forgets_secrets")


class ProbeForm(parts.InTwo, forms.ModelForm):
    """One probe. With `kind`, the fields of that kind alone; without, as in the admin, those of all."""

    kind = forms.ChoiceField(label="Looked at by", choices=Probe.Kind.choices)
    target = forms.CharField(label="Address", max_length=500, help_text="A URL; host:port; or a name for DNS.")
    interval = forms.CharField(label="Looked at every", max_length=40, initial="1 min")
    timeout = forms.CharField(label="May take", max_length=40, initial="10 s", help_text="At most 30 s.")
    method = forms.ChoiceField(choices=[(name, name) for name in METHODS], required=False, initial=METHODS[0])
    expected_status = forms.CharField(
        label="Good statuses", max_length=200, initial="200-299", required=False,
        help_text="Numbers and ranges: 200-299, 301. A redirect that is not among them is followed.",
    )  # fmt: skip
    max_redirects = forms.IntegerField(
        label="Redirects followed", initial=5, required=False, help_text="From 0 to 10, each checked before it is."
    )
    headers = forms.CharField(
        label="Headers", required=False, max_length=checks.LONGEST_SECRET, strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Name: value, one a line. Secret: never shown again. Empty: those that are stored.",
    )  # fmt: skip
    body = forms.CharField(
        label="Body that is sent", required=False, max_length=checks.LONGEST_SECRET, strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Secret as well. Empty: what is stored.",
    )  # fmt: skip
    forgets_secrets = forms.BooleanField(label="Forget the stored headers and body", required=False)
    send = forms.CharField(label="Say first", max_length=1000, required=False, help_text="EHLO me\\r\\n")
    match = forms.CharField(
        label="The answer has", max_length=1000, required=False, strip=False,
        help_text="Looked for in the first megabyte, letter by letter.",
    )  # fmt: skip
    is_pattern = forms.BooleanField(label="That is a pattern (re2): (?i)status.*ok", required=False)
    is_negated = forms.BooleanField(label="It must not be there", required=False)
    json_path = forms.CharField(
        label="In the JSON document, at", max_length=1000, required=False,
        help_text="status, checks.db.0.status. Health documents are read anyhow: “status”: “fail” is down.",
    )  # fmt: skip
    json_value = forms.CharField(
        label="has the value",
        max_length=1000,
        required=False,
        help_text="ok, or one of several: ok|warn. Numbers as written.",
    )
    warn_days = forms.CharField(
        label="Tell of the certificate, days before its end", max_length=60, initial="21, 7", required=False,
        help_text="Once each. Empty: never.",
    )  # fmt: skip
    fail_days = forms.IntegerField(
        label="Down, days before its end", required=False, help_text="Empty: not before it has ended."
    )
    record = forms.ChoiceField(label="Records", choices=[(name, name) for name in RECORDS], required=False)
    expected = forms.CharField(
        label="There must be", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: 192.0.2.7, 10 mail.example.org. Empty: any.",
    )  # fmt: skip
    is_exact = forms.BooleanField(label="And no others", required=False)
    resolver = forms.CharField(
        label="Name server", max_length=260, required=False, help_text="1.1.1.1. Empty: those of this server."
    )
    channels = parts.channels_field()

    class Meta:
        model = Probe
        fields = ("name", "failure_threshold", "recovery_threshold", "is_muted")
        labels = {
            "failure_threshold": "Down after failures in a row",
            "recovery_threshold": "Up after good looks in a row",
            "is_muted": "Tell nobody",
        }
        help_texts = {"failure_threshold": "The second is tried after 5 seconds, each further one after 15."}

    field_order = [
        "project", "name", "kind", "target", "interval", "timeout", "method", "expected_status", "max_redirects",
        "send", "match", "is_pattern", "is_negated", "json_path", "json_value", "headers", "body", "forgets_secrets",
        "record", "expected", "is_exact", "resolver", "warn_days", "fail_days", "failure_threshold",
        "recovery_threshold", "is_muted", "channels",
    ]  # fmt: skip

    SELDOM = {
        "method", "max_redirects", "is_pattern", "is_negated", "json_path", "json_value", "headers", "body", "is_exact",
        "forgets_secrets", "resolver", "warn_days", "fail_days", "failure_threshold", "recovery_threshold", "is_muted",
    }  # fmt: skip

    def __init__(self, *args: Any, project: Project | None = None, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        probe = self.instance
        if project is not None:
            probe.project = project
        if probe.project_id:
            parts.offer_channels(self, probe.project_id)
        if probe.pk:
            self.initial = {**self.initial, **_stored(probe)}
        self.of_kind = kind
        if kind:
            self._keep_fields_of(kind)

    def clean_interval(self) -> int:
        return _seconds(self.cleaned_data["interval"])

    def clean_timeout(self) -> int:
        return _seconds(self.cleaned_data["timeout"])

    def clean_warn_days(self) -> tuple[int, ...]:
        return _read(checks.days, self.cleaned_data["warn_days"])

    def clean_headers(self) -> dict[str, str]:
        return _read(checks.headers, self.cleaned_data["headers"])

    def clean_expected(self) -> tuple[str, ...]:
        return tuple(filter(None, (line.strip() for line in self.cleaned_data["expected"].splitlines())))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                probe_setup.validate(self.instance, self.wanted())
            except ValidationError as error:
                parts.put_errors(self, error, fields=_TYPED)
        return cleaned

    def store(self, project: Project, *, actor: Any, now: datetime) -> Probe | None:
        """The probe that a valid form asks for, made or changed; None when it was refused, with why in `errors`."""
        given: dict[str, Any] = {"channels": list(self.cleaned_data.get("channels", ())), "actor": actor, "now": now}
        try:
            if self.instance.pk:
                before = Probe.objects.select_related("project").defer("secrets").get(pk=self.instance.pk)
                return probe_setup.update(before, self.wanted(), **given)
            return probe_setup.create(project, self.wanted(), **given)
        except ValidationError as error:
            parts.put_errors(self, error, fields=_TYPED)
            return None

    def try_out(self, *, actor: Any, now: datetime) -> Found | None:
        """What a look finds with what a valid form asks for, nothing stored; None when it was refused."""
        try:
            return probe_setup.try_out(self.instance, self.wanted(), actor=actor, now=now)
        except ValidationError as error:
            parts.put_errors(self, error, fields=_TYPED)
            return None

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        data = self.cleaned_data
        kind = self.of_kind or data["kind"]
        names = (*OF_KIND[kind], "headers", "body")
        check = {name: data[name] for name in names if name in data and data[name] not in (None, "")}
        return Wanted(
            kind=kind,
            interval_seconds=data["interval"],
            timeout_seconds=data["timeout"],
            check=check,
            **{name: data[name] for name in _PLAIN if name in data},
        )

    def _keep_fields_of(self, kind: str) -> None:
        for name in {name for names in OF_KIND.values() for name in names} - set(OF_KIND[kind]):
            del self.fields[name]
        if kind != "http":
            for name in _SECRET:
                del self.fields[name]
        elif not self.instance.config.get("has_secrets"):  # there is nothing to forget
            del self.fields["forgets_secrets"]
        del self.fields["kind"]
        self.fields["target"].label, self.fields["target"].help_text = _TARGETS[kind]


def _stored(probe: Probe) -> dict[str, Any]:
    """What the form begins with; headers and body are secrets and stay where they are."""
    config = dict(probe.config)
    for name, glue in (("warn_days", ", "), ("expected", "\n")):
        if name in config:
            config[name] = glue.join(str(value) for value in config[name])
    return {
        **config,
        "kind": probe.kind,
        "target": probe.target,
        "interval": schedule.spoken(probe.interval_seconds),
        "timeout": schedule.spoken(probe.timeout_seconds),
        "channels": probe.channels.all(),
    }


def _seconds(text: str) -> int:
    try:
        return schedule.length(text)
    except InvalidSchedule as error:
        raise ValidationError(str(error)) from None


def _read(reader: Any, text: str) -> Any:
    try:
        return reader(text)
    except InvalidCheck as error:
        raise ValidationError(error.reason) from None
