"""What people keep of pages: how they read, views under a name, boards, and links for those without a login."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from events.models import Project


class AccountSettings(models.Model):
    """How somebody reads, wherever they log in; what is empty the browser says."""

    class WeekStart(models.TextChoices):
        BROWSER = "", "as usual where the browser's language is spoken"
        MONDAY = "monday", "Monday"
        SATURDAY = "saturday", "Saturday"
        SUNDAY = "sunday", "Sunday"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reading")
    zone = models.CharField(max_length=64, blank=True)
    week_start = models.CharField(max_length=8, choices=WeekStart.choices, blank=True, default=WeekStart.BROWSER)

    def __str__(self) -> str:
        return f"of {self.user_id}"


class SavedView(models.Model):
    """A page of a project in a state, under a name; `path` begins with the project's own address."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    path = models.CharField(max_length=300)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField(default=False, help_text="Listed for everybody in the project.")
    created_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When an insight was last asked.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "owner", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Subscription(models.Model):
    """A saved insight that somebody gets with the weekly report of its project."""

    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subscriptions")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["view__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["view", "user"], name="subscription_once")]

    def __str__(self) -> str:
        return f"{self.user_id} to {self.view_id}"


class ShareLink(models.Model):
    """A look at some pages of one project without a login; only the SHA-256 of its token is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="share_links")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="share_links")
    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    query = models.TextField(blank=True, help_text="The state and filter, the same for every look.")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Board(models.Model):
    """Charts of a project beside each other, under a name, for everybody in it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="boards")
    name = models.CharField(max_length=60)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="board_name_once")]

    def __str__(self) -> str:
        return self.name


class BoardSubscription(models.Model):
    """A board that somebody gets with the weekly report of its project."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="board_subscriptions")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["board__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["board", "user"], name="board_subscription_once")]

    def __str__(self) -> str:
        return f"{self.user_id} to board {self.board_id}"


class BoardCard(models.Model):
    """A chart on a board; `query` has the chart's own parameters, the period is the board's."""

    class Width(models.TextChoices):
        ONE = "one", "a third"
        TWO = "two", "two thirds"
        ALL = "all", "the whole row"

    class Height(models.TextChoices):
        SHORT = "short", "low"
        USUAL = "", "usual"
        TALL = "tall", "high"

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="cards")
    place = models.PositiveSmallIntegerField()
    chart = models.CharField(max_length=60)
    title = models.CharField(max_length=60, blank=True, help_text="Instead of the chart's own.")
    query = models.CharField(max_length=2000, blank=True)
    width = models.CharField(max_length=3, choices=Width.choices, default=Width.ONE)
    height = models.CharField(max_length=5, choices=Height.choices, default=Height.USUAL, blank=True)

    class Meta:
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return self.title or self.chart


class Scorecard(models.Model):
    """The goals that a project's weeks are held against; a project without a row has those of the house."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="scorecard")
    failures = models.FloatField(default=0.5, help_text="Percent of requests that may fail.")
    page_load_ms = models.FloatField(default=1500)
    uptime = models.FloatField(default=99.9, help_text="Percent.")
    resolve_minutes = models.FloatField(default=10)
    adoption = models.FloatField(default=25, help_text="Percent of the people of a week.")
    features = models.JSONField(default=list, blank=True, help_text="Events, paths or actions, at most five.")

    def __str__(self) -> str:
        return f"Scorecard of {self.project}"
