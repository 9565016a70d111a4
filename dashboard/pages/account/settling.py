"""What somebody is called, and how they read: one form, one entry in the audit trail."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import AccountSettings
from dashboard.reading import zones
from events.accounts import audit

FIELDS = ("name", "zone", "week_start")
_NAME = 100


def of(user: User) -> dict[str, str]:
    """The form as it stands."""
    kept = AccountSettings.objects.filter(user=user).first() or AccountSettings(user=user)
    return {"name": user.get_full_name(), "zone": kept.zone, "week_start": kept.week_start}


def put(user: User, given: Mapping[str, str], *, now: datetime) -> None:
    """Keeps the form. Raises ValidationError, by field."""
    name = " ".join(given["name"].replace("\x00", "").split())
    errors: dict[str, str] = {}
    if len(name) > _NAME:
        errors["name"] = f"Write a name of at most {_NAME} characters; this one has {len(name)}."
    if given["zone"] and given["zone"] not in zones.names():
        errors["zone"] = f"There is no zone {given['zone'][:40]}; choose one of the list, such as Europe/Berlin."
    if given["week_start"] not in AccountSettings.WeekStart.values:
        errors["week_start"] = "Choose Monday, Saturday or Sunday, or leave it to the browser."
    if errors:
        raise ValidationError(errors)
    with transaction.atomic():
        user.first_name, user.last_name = name, ""
        user.save(update_fields=["first_name", "last_name"])
        chosen = {"zone": given["zone"], "week_start": given["week_start"]}
        AccountSettings.objects.update_or_create(user=user, defaults=chosen)
        audit.record("account.change", actor=user, obj=("user", user.pk), detail=chosen, now=now)
