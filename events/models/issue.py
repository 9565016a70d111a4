"""Issues, the groups they are made of, and the full payloads kept of them."""

from django.conf import settings
from django.db import models

from events.models.project import Project


class Issue(models.Model):
    """One problem, as people see it: one or more groups of errors. Counters equal the sums over its groups."""

    class Status(models.TextChoices):
        UNRESOLVED = "unresolved"
        RESOLVED = "resolved"
        IGNORED = "ignored"

    class Level(models.TextChoices):
        DEBUG = "debug"
        INFO = "info"
        WARNING = "warning"
        ERROR = "error"
        FATAL = "fatal"

    class Priority(models.TextChoices):
        HIGH = "high"
        MEDIUM = "medium"
        LOW = "low"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="issues")
    title = models.CharField(max_length=200)
    type = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=500, blank=True)
    culprit = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.ERROR)
    priority = models.CharField(
        max_length=6, choices=Priority.choices, blank=True, default="", db_default="",
        help_text="What somebody set; empty: as the level says.",
    )  # fmt: skip
    platform = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=16, default="error", help_text="error or security")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UNRESOLVED)
    is_regressed = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    event_count = models.BigIntegerField(default=0)
    user_count = models.BigIntegerField(default=0)
    first_release = models.CharField(max_length=200, blank=True)
    last_release = models.CharField(max_length=200, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_in_release = models.CharField(max_length=200, blank=True)
    resolved_in_next = models.BooleanField(default=False, help_text="Resolved in whatever follows resolved_in_release.")
    ignored_until = models.DateTimeField(null=True, blank=True)
    ignored_until_events = models.BigIntegerField(null=True, blank=True, help_text="event_count that ends it.")
    ignored_until_users = models.BigIntegerField(null=True, blank=True, help_text="user_count that ends it.")
    ignored_at = models.DateTimeField(null=True, blank=True)
    ignored_window_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="ignored_rate_events within this many minutes ends it."
    )
    ignored_rate_events = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            # The issue list: one status of one project in each of its orders.
            models.Index(fields=["project", "status", "-last_seen_at"], name="issue_last_seen"),
            models.Index(fields=["project", "status", "-first_seen_at"], name="issue_first_seen"),
            models.Index(fields=["project", "status", "-event_count"], name="issue_events"),
            models.Index(fields=["project", "status", "-user_count"], name="issue_users"),
            # The tick that ends "ignored until".
            models.Index(
                fields=["ignored_until"], name="issue_ignored_until", condition=models.Q(ignored_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def urgency(self) -> str:
        """The priority: the one that was set, else that of the level."""
        usual = {"fatal": self.Priority.HIGH, "error": self.Priority.MEDIUM}
        return self.priority or usual.get(self.level, self.Priority.LOW).value


class IssueGroup(models.Model):
    """One grouping hash. Error facts carry the hash, so merging and unmerging issues moves groups, never facts."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="groups")
    first_issue_id = models.BigIntegerField(null=True, help_text="The issue it was born with; unmerge gives it back.")
    hash = models.UUIDField()
    version = models.PositiveSmallIntegerField()
    components = models.JSONField(default=list, help_text="What was hashed, in words.")
    title = models.CharField(max_length=200, blank=True)
    culprit = models.CharField(max_length=200, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    event_count = models.BigIntegerField(default=0)
    user_count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "hash"], name="issue_group_once")]


class GroupUser(models.Model):
    """One pseudonymous user touched by one group; makes the count of users exact."""

    pk = models.CompositePrimaryKey("group_id", "user_key")
    group = models.ForeignKey(IssueGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    user_key = models.BigIntegerField(help_text="First 64 bits of the pseudonym.")


class GroupHour(models.Model):
    """Errors of one group in one hour and environment: sparklines, an issue's chart, rates."""

    pk = models.CompositePrimaryKey("group_id", "hour", "environment")
    group = models.ForeignKey(IssueGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    hour = models.DateTimeField(db_index=True)
    environment = models.CharField(max_length=64)
    count = models.BigIntegerField()


class GroupEnvironment(models.Model):
    """Until when a group was seen in an environment, and the trend of its errors there.

    `late` are those of the 24 hours up to and with `as_of`, `early` those of the 24 before; all are of GroupHour.
    """

    pk = models.CompositePrimaryKey("group_id", "environment")
    group = models.ForeignKey(IssueGroup, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    environment = models.CharField(max_length=64)
    last_hour = models.DateTimeField()
    as_of = models.DateTimeField(help_text="An hour.")
    late = models.BigIntegerField()
    early = models.BigIntegerField()


class Occurrence(models.Model):
    """One error event kept in full: the first, the last and a spread in between of each group."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    group = models.ForeignKey(IssueGroup, on_delete=models.CASCADE, related_name="occurrences", db_index=False)
    event_id = models.UUIDField()
    ordinal = models.BigIntegerField(help_text="1 for the group's first event.")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    digested_at = models.DateTimeField()
    environment = models.CharField(max_length=64, blank=True)
    release = models.CharField(max_length=200, blank=True)
    payload = models.BinaryField(help_text="Canonical JSON of the scrubbed event, zstd.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "event_id"], name="occurrence_once"),
            models.UniqueConstraint(fields=["group", "ordinal"], name="occurrence_ordinal_once"),
        ]


class Activity(models.Model):
    """One line of an issue's history: a change or a comment."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="activities")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    text = models.TextField(blank=True, help_text="A comment.")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["issue", "-at"], name="activity_of_issue")]


class Bookmark(models.Model):
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="bookmarks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "user"], name="bookmark_once")]


class Feedback(models.Model):
    """What a user wrote, alone or about one error."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    feedback_id = models.UUIDField()
    event_id = models.UUIDField(null=True, db_index=True, help_text="The error it is about.")
    at = models.DateTimeField()
    name = models.CharField(max_length=128, blank=True)
    contact_email = models.CharField(max_length=254, blank=True)
    message = models.TextField()
    url = models.CharField(max_length=2000, blank=True)
    environment = models.CharField(max_length=64, blank=True)
    release = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["project", "feedback_id"], name="feedback_once")]


class Attachment(models.Model):
    """A file sent along with an event; bounded by OBS_MAX_ATTACHMENT_BYTES, downloadable by members."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    attachment_id = models.UUIDField()
    event_id = models.UUIDField()
    at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    attachment_type = models.CharField(max_length=60, blank=True)
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "attachment_id"], name="attachment_once")]
        indexes = [models.Index(fields=["project", "event_id"], name="attachment_of_event")]


class Transition(models.Model):
    """A change that somebody may have to hear about; written in the transaction of the change, claimed by alerts."""

    class Kind(models.TextChoices):
        NEW = "new_issue"
        REGRESSION = "regression"
        UNIGNORED = "unignored"
        RESOLVED = "resolved"

    PROBLEMS = (Kind.NEW, Kind.REGRESSION, Kind.UNIGNORED)

    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    event_id = models.UUIDField(null=True)
    detail = models.JSONField(default=dict)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # The notifier's queue.
            models.Index(fields=["id"], name="transition_unclaimed", condition=models.Q(claimed_at__isnull=True)),
        ]
