"""The admin of configuration, dead letters and the audit trail. Facts, inbox and issues are not in it."""

from datetime import timedelta
from typing import Any

import orjson
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from events.accounts import access, projects, tokens
from events.accounts.audited_admin import AuditedAdmin, OwnProjects, ReadOnlyAdmin
from events.ingest import dead_letters, payloads
from events.models import ApiToken, AuditEntry, ConsentRecord, DeadLetter, Dimension, IngestKey, Membership, Project

_SHOWN_BYTES = 200_000


@admin.register(Project)
class ProjectAdmin(AuditedAdmin):
    project_path = "pk"
    page = "dashboard:overview"
    page_is_of_all = True
    list_display = ["slug", "name", "platform", "created_at", "first_event_at", "is_demo"]
    search_fields = ["slug", "name"]
    readonly_fields = ["created_at", "first_event_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The product's page gives another short form: it sees to it that the old one leads on."""
        return [*super().get_readonly_fields(request, obj), *(["slug"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = projects.create(obj.slug, obj.name, owner=request.user, now=timezone.now())
        obj.pk, obj.pepper, obj.created_at = made.pk, made.pepper, made.created_at
        obj.save()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A project is emptied by retention, never by a click."""
        return False


@admin.register(IngestKey)
class IngestKeyAdmin(AuditedAdmin):
    project_path = "project"
    page = "dashboard:settings"
    page_is_of_all = True
    list_display = ["project", "label", "public_key", "is_active", "expires_at", "rate_per_minute", "last_used_at"]
    list_select_related = ["project"]
    list_filter = ["is_active"]
    search_fields = ["label", "project__slug"]
    readonly_fields = ["public_key", "created_at", "last_used_at", "expires_at"]
    autocomplete_fields = ["project"]
    actions = ["rotate", "disable"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are disabled: what they sent still names them."""
        return False

    def save_model(self, request: HttpRequest, obj: IngestKey, form: Any, change: bool) -> None:
        given = {"rate_per_minute": obj.rate_per_minute, "allowed_origins": obj.allowed_origins}
        if change:
            given["clears_rate"] = obj.rate_per_minute is None
            projects.change_key(obj, is_active=obj.is_active, **given, actor=request.user, now=timezone.now())
            IngestKey.objects.filter(pk=obj.pk).update(label=obj.label)
            return
        made = projects.create_key(obj.project, label=obj.label, **given, actor=request.user, now=timezone.now())
        obj.pk, obj.public_key = made.pk, made.public_key

    @admin.action(description="Rotate: make a successor, stop these in 7 days", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[IngestKey]) -> None:
        for key in queryset:
            projects.rotate_key(key, actor=request.user, now=timezone.now())
        messages.success(request, "Successors are made.")

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[IngestKey]) -> None:
        for key in queryset:
            projects.change_key(key, is_active=False, actor=request.user, now=timezone.now())


class MembershipForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and cleaned.get("role") != access.OWNER:
            projects.check_an_owner_stays(self.instance.project, self.instance.user)
        return cleaned


@admin.register(Membership)
class MembershipAdmin(AuditedAdmin):
    project_path = "project"
    form = MembershipForm
    page = "dashboard:settings"
    page_is_of_all = True
    list_display = ["project", "user", "role", "created_at"]
    list_select_related = ["project", "user"]
    list_filter = ["role"]
    search_fields = ["project__slug", "user__username"]
    autocomplete_fields = ["project", "user"]
    readonly_fields = ["created_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["created_at", "project", "user"] if obj else ["created_at"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        made = projects.set_role(obj.project, obj.user, obj.role, actor=request.user, now=timezone.now())
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        try:
            projects.remove_member(obj.project, obj.user, actor=request.user, now=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("project", "user"):
            self.delete_model(request, membership)


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in sorted(tokens.SCOPES)], widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if ends := self.fields.get("expires_at"):  # a token that exists is only shown, without fields
            ends.initial = timezone.now() + timedelta(days=tokens.DAYS)
            ends.help_text = "Empty: never."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        project, user, expires_at = cleaned.get("project"), cleaned.get("user"), cleaned.get("expires_at")
        if project and user and not access.has_role(user, project):
            raise ValidationError("The user is not a member of this project.")
        if expires_at and expires_at <= timezone.now() + timedelta(minutes=1):
            raise ValidationError("A token cannot expire in the past.")
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(AuditedAdmin):
    """Tokens of others are a superuser's to see, make and revoke: they act as their owner."""

    project_path = "project"
    role_to_change = access.VIEWER
    form = TokenForm
    fields = ["user", "project", "name", "scopes", "expires_at"]
    list_display = ["name", "lookup", "user", "project", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user", "project"]
    search_fields = ["name", "user__username", "lookup"]
    autocomplete_fields = ["user", "project"]
    actions = ["revoke"]

    def reachable(self, request: HttpRequest, rows: QuerySet[ApiToken], role: str) -> QuerySet[ApiToken]:
        return rows if request.user.is_superuser else rows.filter(user_id=request.user.pk or 0)

    def choices(self, request: HttpRequest, model: type[Model], *, name: str) -> QuerySet[Any]:
        found = super().choices(request, model, name=name)
        return found.filter(pk=request.user.pk) if name == "user" else found

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tokens are made and revoked; only the list's actions need this permission."""
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        made, request.shown_once = tokens.create(  # type: ignore[attr-defined]
            obj.user,
            name=obj.name,
            scopes=form.cleaned_data["scopes"],
            project=obj.project,
            expires_at=obj.expires_at,
            actor=request.user,
            now=timezone.now(),
        )
        obj.pk = made.pk

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "API token", "opts": self.opts, "token": obj}
        context["secret"] = request.shown_once  # type: ignore[attr-defined]
        response = TemplateResponse(request, "admin/events/apitoken/created.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.select_related("project"):
            tokens.revoke(token, actor=request.user, now=timezone.now())


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    project_path = "project"
    list_display = ["project", "kind", "item_id", "quantity", "attempts", "received_at", "created_at", "reason"]
    list_select_related = ["project"]
    list_filter = ["kind"]
    fields = readonly_fields = (
        "project", "kind", "item_id", "quantity", "attempts", "received_at", "created_at", "error", "content",
    )  # fmt: skip
    actions = ["replay"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadLetter]:
        return super().get_queryset(request).defer("blob")

    @admin.display(description="error")
    def reason(self, letter: DeadLetter) -> str:
        return letter.error[:120]

    @admin.display(description="payload, scrubbed")
    def content(self, letter: DeadLetter) -> str:
        text = orjson.dumps(payloads.unpack(bytes(letter.payload)), option=orjson.OPT_INDENT_2).decode()
        return format_html("<pre>{}</pre>", text[:_SHOWN_BYTES])

    @admin.action(description="Replay: put back into the inbox", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        count = dead_letters.replay(queryset, actor=request.user, now=timezone.now())
        messages.success(request, f"{count} put back into the inbox.")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.change_deadletter")


@admin.register(Dimension)
class DimensionAdmin(ReadOnlyAdmin):
    """Which dimensions are at their limit: what is beyond it counts as (other)."""

    project_path = "project"
    list_display = ["name", "project", "kept", "is_full", "folded_count", "folded_at"]
    list_select_related = ["project"]
    search_fields = ["name", "project__slug"]
    ordering = ["-folded_count", "project_id", "name"]
    fields = readonly_fields = ("project", "name", "kept", "is_full", "folded_count", "folded_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dimension]:
        return super().get_queryset(request).annotate(value_count=Count("values"))

    @admin.display(description="values kept", ordering="value_count")
    def kept(self, dimension: Any) -> str:
        return f"{dimension.value_count:,} of {settings.OBS_DIMENSION_VALUES:,}"

    @admin.display(description="at its limit", empty_value="no")
    def is_full(self, dimension: Any) -> str:
        return "yes" if dimension.value_count >= settings.OBS_DIMENSION_VALUES else ""


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Staff see what was done about their projects, and what they did themselves."""

    project_path = "project_id"
    list_display = ["id", "at", "actor", "via", "action", "project_id", "object_type", "object_id", "detail", "address"]
    search_fields = ["=actor", "=action", "=object_id"]
    ordering = ["-id"]

    def reachable(self, request: HttpRequest, rows: QuerySet[AuditEntry], role: str) -> QuerySet[AuditEntry]:
        if request.user.is_superuser:
            return rows
        theirs = Q(project_id__in=access.projects_as(request.user, role).values("pk"))
        return rows.filter(theirs | Q(actor_id=request.user.pk))


@admin.register(ConsentRecord)
class ConsentRecordAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:consent-list"
    page_is_of_all = True
    list_display = ["project", "number", "at", "state", "version", "source", "pseudonym"]
    list_filter = ["state", ("project", OwnProjects)]
    list_select_related = ["project"]
    ordering = ["-id"]


class ObsUserAdmin(AuditedAdmin, UserAdmin):
    """A superuser's alone, as it names no project: whoever writes here could make themselves anybody."""

    list_display = ["username", "is_active", "is_staff", "is_superuser", "last_login"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            projects.revoke_tokens(obj, actor=request.user, now=timezone.now())

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's form. What ends a person's logins ends their API tokens too: who held one may be the reason."""
        with transaction.atomic():
            before = self.get_object(request, id)
            response = super().user_change_password(request, id, form_url)
            after = self.get_object(request, id)
            if before and after and before.password != after.password:
                projects.revoke_tokens(after, actor=request.user, now=timezone.now())
                messages.info(request, "The API tokens of this person have ended.")
        return response


admin.site.unregister(get_user_model())
admin.site.unregister(Group)
admin.site.register(get_user_model(), ObsUserAdmin)
