"""Who is told of what: notices and what was said of them, routes, escalation, and what holds news back."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from alerts.models.channel import Channel, Notification
from alerts.models.foreign import ForeignAlert
from alerts.models.monitor import MonitorState
from alerts.models.rule import Alert, Rule
from events.models import Project


class Route(models.Model):
    """A line of a project's list: notices with these labels go to these channels, those of a group in one message."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="routes", db_index=False)
    position = models.PositiveSmallIntegerField(help_text="Routes are tried in this order.")
    name = models.CharField(max_length=60)
    matchers = models.CharField(max_length=1000, blank=True, help_text="Conditions on labels; empty: everything.")
    channels = models.ManyToManyField(
        Channel, blank=True, related_name="routes", help_text="None: every channel of the project."
    )
    tells_nobody = models.BooleanField(default=False, help_text="It stands on the pages, and no message leaves.")
    goes_on = models.BooleanField(default=False, help_text="The routes after it are tried, too.")
    group_by = models.JSONField(default=list, blank=True, help_text="Labels; a message for each of their values.")
    wait_seconds = models.PositiveIntegerField(default=30, help_text="How long a new group waits for more.")
    interval_seconds = models.PositiveIntegerField(default=300, help_text="How long until a group may speak again.")
    repeat_minutes = models.PositiveIntegerField(default=240, help_text="Told again while it lasts; 0: never.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="route_name_once")]
        indexes = [models.Index(fields=["project", "position"], name="route_of_project")]

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """Who is told when nobody has acknowledged for so long; of a route, or of a rule."""

    route = models.ForeignKey(Route, null=True, on_delete=models.CASCADE, related_name="steps")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.CASCADE, related_name="steps")
    after_minutes = models.PositiveIntegerField()
    channels = models.ManyToManyField(Channel, related_name="+")

    class Meta:
        ordering = ["after_minutes", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(route=None) ^ models.Q(rule=None), name="step_of_a_route_or_a_rule"
            )
        ]

    def __str__(self) -> str:
        return f"after {self.after_minutes} min"


class Inhibition(models.Model):
    """While something with the source's labels is on, news of what has the target's labels is held back."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="inhibitions")
    name = models.CharField(max_length=60)
    source = models.CharField(max_length=1000)
    target = models.CharField(max_length=1000)
    equal = models.JSONField(default=list, blank=True, help_text="Labels that are the same on both sides.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="inhibition_name_once")]

    def __str__(self) -> str:
        return self.name


class Maintenance(models.Model):
    """Time in which news is held back, because somebody works there: once, or again and again."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="maintenances")
    name = models.CharField(max_length=100)
    matchers = models.CharField(max_length=1000, help_text="Conditions on labels.")
    starts_at = models.DateTimeField(help_text="Of what repeats: not before.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Of what repeats: not after; empty: for ever.")
    cron = models.CharField(max_length=200, blank=True, help_text="When it begins; empty: once.")
    minutes = models.PositiveIntegerField(default=0, help_text="How long each of what repeats lasts.")
    zone = models.CharField(max_length=64, default="UTC")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Somebody ended the one of this moment early.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["project", "ends_at"], name="maintenance_of_project")]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """One thing that people may have to hear of, as it stands: an alert, a monitor, a probe, an alert of others."""

    class Source(models.TextChoices):
        RULE = "rule", "Rule"
        MONITOR = "monitor", "Monitor"
        PROBE = "probe", "Probe"
        FOREIGN = "foreign", "Others' alert"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notices", db_index=False)
    key = models.CharField(max_length=80, unique=True, help_text="What it is about, for ever the same.")
    source = models.CharField(max_length=8, choices=Source.choices)
    alert = models.OneToOneField(Alert, null=True, on_delete=models.CASCADE, related_name="notice")
    monitor_state = models.OneToOneField(MonitorState, null=True, on_delete=models.CASCADE, related_name="notice")
    foreign = models.OneToOneField(ForeignAlert, null=True, on_delete=models.CASCADE, related_name="notice")
    labels = models.JSONField(default=dict)
    payload = models.JSONField(help_text="The Message as it stands.")
    named = models.JSONField(default=list, help_text="Channels that the rule or monitor names: they win over routes.")
    repeat_minutes = models.PositiveIntegerField(default=0, help_text="Of its own, where no route says it.")
    is_on = models.BooleanField(default=False)
    is_flapping = models.BooleanField(default=False)
    is_muted = models.BooleanField(default=False)
    is_passing = models.BooleanField(default=False, help_text="Its end is no news.")
    aware = models.JSONField(default=list, help_text="Channels that know of its beginning from elsewhere.")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    escalates_at = models.DateTimeField(null=True, help_text="When the next step is due, if nobody acknowledges.")
    steps_done = models.ManyToManyField(EscalationStep, related_name="+")
    notifications = models.ManyToManyField(Notification, related_name="notices")

    class Meta:
        ordering = ["-began_at", "-pk"]
        indexes = [
            # What is on in a project: inhibition and the pages ask for it.
            models.Index(fields=["project"], name="notice_on", condition=models.Q(is_on=True)),
            # The queue of escalation.
            models.Index(
                fields=["escalates_at"], name="notice_escalates", condition=models.Q(escalates_at__isnull=False)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.payload.get("title", self.key))


class NoticeGroup(models.Model):
    """Notices that are told of in one message: of one route and the same labels, or one notice that no route takes."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notice_groups")
    route = models.ForeignKey(Route, null=True, on_delete=models.CASCADE, related_name="groups")
    key = models.CharField(max_length=64, unique=True)
    labels = models.JSONField(default=dict)
    look_at = models.DateTimeField(null=True, help_text="When it looks whether there is something to say.")
    looked_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, help_text="Its last message.")

    class Meta:
        indexes = [models.Index(fields=["look_at"], name="notice_group_due", condition=models.Q(look_at__isnull=False))]

    def __str__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.labels.items()) or self.key


class Membership(models.Model):
    """A notice in a group, and what the group's channels heard of it last."""

    group = models.ForeignKey(NoticeGroup, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="memberships")
    told = models.CharField(max_length=8, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "notice"], name="notice_in_group_once")]

    def __str__(self) -> str:
        return f"{self.notice} in {self.group}"
