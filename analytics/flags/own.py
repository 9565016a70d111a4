"""This server's own features, rolled out by the flags of the project that holds what concerns the server itself."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from analytics.flags import asking, books
from analytics.flags.asking import Asked
from events.accounts.server_project import SLUG
from events.models import Project


def is_on(feature: str, user: Any, *, default: bool) -> bool:
    """Whether somebody has a feature of this server; `default` where nobody set up a flag of that name.

    A person is `user-<number>`, with the properties `is_staff` and `username`: a condition may name either.
    """
    try:
        project_id = Project.objects.filter(slug=SLUG).values_list("pk", flat=True).first()
    except DatabaseError:
        return default
    return is_on_in(project_id, feature, user, default=default)


def is_on_in(project_id: int | None, feature: str, user: Any, *, default: bool) -> bool:
    """The same for who knows the number of that project already; None where there is none."""
    if project_id is None:
        return default
    try:
        book = books.of(project_id)
    except DatabaseError:
        return default
    if feature not in book.flags:
        return default
    properties = {"is_staff": bool(user.is_staff), "username": user.get_username()}
    asked = Asked(f"user-{user.pk}", properties=properties, keys=[feature], runtime="server")
    verdicts = asking.ask(book, asked, now=timezone.now())
    return verdicts[feature].is_enabled if feature in verdicts else default
