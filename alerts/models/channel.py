"""Where notices go, what is to be sent, and what became of each try."""

from django.db import models
from django.utils import timezone

from events.models import Issue, Project, Transition
from events.models.secrets import EncryptedTextField


class Channel(models.Model):
    """One place of one project that wants to hear of transitions."""

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack"
        DISCORD = "discord", "Discord"
        EMAIL = "email", "E-mail"
        TEAMS = "teams", "Microsoft Teams"
        PAGERDUTY = "pagerduty", "PagerDuty"
        STANDARD = "standard", "Webhook"
        WEBHOOK = "webhook", "Webhook with X-Obs headers"
        APPRISE = "apprise", "Apprise"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=60)
    config = EncryptedTextField(editable=False, help_text="JSON of the kind's fields: URL, secret or addresses.")
    masked = models.CharField(max_length=120, editable=False, help_text="Where it goes, with the secret part left out.")
    transitions = models.JSONField(default=list, blank=True, help_text="Kinds of transitions wanted; empty: all.")
    min_level = models.CharField(max_length=8, choices=Issue.Level.choices, default=Issue.Level.DEBUG)
    environments = models.JSONField(default=list, blank=True, help_text="Names of environments wanted; empty: all.")
    is_enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Set by an answer of 429.")
    created_at = models.DateTimeField(default=timezone.now)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    fallback = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="Gets, once, what this channel could not deliver.",
    )  # fmt: skip
    quiet_from = models.TimeField(null=True, blank=True, help_text="Empty: never quiet.")
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_days = models.JSONField(default=list, blank=True, help_text="Days it begins on, 0 is Monday; empty: all.")
    quiet_zone = models.CharField(max_length=64, blank=True, help_text="Name of a time zone; empty: UTC.")
    is_house = models.BooleanField(default=False, help_text="Hears of trouble of this server itself, too.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="channel_name_once")]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """One message for one channel: the outbox. Sent at least once; `dedup` tells a receiver a repetition."""

    class Status(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DEAD = "dead", "Given up"
        SUPPRESSED = "suppressed", "Folded into a digest"

    class Kind(models.TextChoices):
        NEW = "new_issue", "New issue"
        REGRESSION = "regression", "Regression"
        UNIGNORED = "unignored", "No longer ignored"
        RESOLVED = "resolved", "Resolved"
        DIGEST = "digest", "Digest"
        CHANNEL = "channel", "About another channel"
        FIRING = "firing", "Alert fires"
        STILL = "still_firing", "Alert still fires"
        ENDED = "alert_ended", "Alert ended"
        FLAPPING = "flapping", "Alert is flapping"
        MONITOR_DOWN = "monitor_down", "Monitor is down"
        MONITOR_UP = "monitor_up", "Monitor is up"
        QUIET = "quiet", "Digest of quiet hours"
        HOUSE = "house", "Trouble of this server"
        HOUSE_ENDED = "house_ended", "Trouble of this server ended"
        PROBE_DOWN = "probe_down", "Probe is down"
        PROBE_UP = "probe_up", "Probe is up"
        CERTIFICATE = "certificate", "Certificate ends"
        TEST = "test", "Test"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    transition = models.ForeignKey(Transition, null=True, on_delete=models.SET_NULL, related_name="+")
    issue = models.ForeignKey(Issue, null=True, on_delete=models.SET_NULL, related_name="notifications")
    digest = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="folded")
    dedup = models.CharField(max_length=32, unique=True)
    thread = models.CharField(max_length=32, blank=True, help_text="What it is about: the same from beginning to end.")
    payload_version = models.PositiveSmallIntegerField()
    payload = models.JSONField(help_text="A Message, see alerts.messages; scrubbed, without personal data.")
    is_minimal = models.BooleanField(default=False, help_text="The full form was answered 400: send plain text.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    remote_id = models.CharField(max_length=64, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The queue of deliver.
            models.Index(fields=["next_attempt_at"], name="notification_due", condition=models.Q(status="pending")),
            # The delivery log of a channel, and how many messages it had lately.
            models.Index(fields=["channel", "-created_at"], name="notification_of_channel"),
            # What was told before of the same thing.
            models.Index(
                fields=["channel", "thread", "-id"], name="notification_thread", condition=~models.Q(thread="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dedup}"


class DeliveryAttempt(models.Model):
    """One try to deliver one notification."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP or SMTP status; empty: no answer.")
    error = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    decision = models.CharField(max_length=10, help_text="sent, retry, paused, minimal, dead or disabled")

    class Meta:
        ordering = ["-id"]
