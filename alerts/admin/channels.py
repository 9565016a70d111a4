"""Channels and the delivery log for staff; each change is a call to the function the pages call."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from alerts.delivery import channel_setup, fallback
from alerts.delivery.channels import KINDS
from alerts.forms import ChannelForm
from alerts.models import Channel, DeliveryAttempt, Notification
from events.accounts import access
from events.accounts.audited_admin import AuditedAdmin, OwnProjects, ReadOnlyAdmin

FILTERS = ["transitions", "min_level", "environments", "fallback"]
QUIET = ["quiet_from", "quiet_until", "quiet_days", "quiet_zone"]


@admin.register(Channel)
class ChannelAdmin(AuditedAdmin):
    """Channels; secrets are written here and never read."""

    project_path = "project"
    role_to_change = access.EDITOR
    form = ChannelForm
    page = "dashboard:channel-detail"
    list_display = ["name", "project", "kind", "masked", "is_enabled", "disabled_reason", "last_sent_at"]
    list_filter = ["kind", "is_enabled", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name", "masked"]
    actions = ["send_test", "enable", "disable"]
    readonly_fields = ["masked", "is_enabled", "disabled_reason", "disabled_at", "paused_until", "last_sent_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Channel]:
        return super().get_queryset(request).defer("config")

    def get_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        house = ["is_house"] if request.user.is_superuser else []  # the form has no such field for others
        if obj is None:
            return [
                "project",
                "name",
                "kind",
                "routing_key",
                "url",
                "secret",
                "addresses",
                *FILTERS,
                *QUIET,
                *house,
            ]
        kind = KINDS[obj.kind]
        quiet = [] if kind.TAKES_EACH else QUIET
        return ["project", "name", *kind.FIELDS, *FILTERS, *quiet, *house, *self.readonly_fields]

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.by_superuser = request.user.is_superuser
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Channel | None = None) -> Any:
        return [] if obj is None else [*self.readonly_fields, "project"]

    def save_model(self, request: HttpRequest, obj: Channel, form: ModelForm, change: bool) -> None:
        assert isinstance(form, ChannelForm)
        stored = form.store(obj.project, actor=request.user, now=timezone.now())
        if stored is None:  # taken by somebody else after the form was validated
            raise ValidationError(form.errors.as_data())
        obj.pk = stored.pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The channels alone: their log goes with them, though nobody may delete from it by hand."""
        return [str(channel) for channel in objs], {"channels": len(objs)}, set(), []

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own log only: the function that deletes a channel writes its audit entry."""
        return admin.ModelAdmin.log_deletions(self, request, queryset)

    def delete_model(self, request: HttpRequest, obj: Channel) -> None:
        channel_setup.delete(obj, actor=request.user, now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset.select_related("project"):
            channel_setup.delete(channel, actor=request.user, now=timezone.now())

    @admin.action(description="Send a test message", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset.select_related("project"):
            outcome = channel_setup.test(channel, actor=request.user, now=timezone.now())
            level = messages.SUCCESS if outcome.is_sent else messages.ERROR
            self.message_user(request, f"{channel.name}: {outcome.words}", level)

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset.select_related("project"):
            channel_setup.enable(channel, actor=request.user, now=timezone.now())

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        for channel in queryset.select_related("project"):
            channel_setup.disable(channel, reason=fallback.BY_HAND, actor=request.user, now=timezone.now())


class DeliveryAttemptInline(admin.TabularInline):
    model = DeliveryAttempt
    fields = ["at", "status", "error", "latency_ms", "decision"]
    can_delete = False
    extra = 0


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """The outbox and what became of it."""

    project_path = "channel__project"
    list_display = ["created_at", "channel", "kind", "title", "status", "attempts", "last_status", "last_error"]
    list_filter = ["status", "kind", "channel__kind", ("channel__project", OwnProjects)]
    list_select_related = ["channel"]
    date_hierarchy = "created_at"
    search_fields = ["dedup", "remote_id"]
    inlines = [DeliveryAttemptInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).select_related("channel").defer("channel__config")

    @admin.display(description="title")
    def title(self, notification: Notification) -> str:
        return str(notification.payload.get("title", ""))[:80]


@admin.register(DeliveryAttempt)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    """Every try, newest first."""

    project_path = "notification__channel__project"
    list_display = ["at", "channel", "notification", "status", "error", "latency_ms", "decision"]
    list_filter = ["decision", "status", ("notification__channel__project", OwnProjects)]
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeliveryAttempt]:
        rows = super().get_queryset(request)
        return rows.select_related("notification__channel").defer("notification__channel__config")

    @admin.display(description="channel")
    def channel(self, attempt: DeliveryAttempt) -> str:
        return attempt.notification.channel.name
