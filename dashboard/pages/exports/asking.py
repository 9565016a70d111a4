"""What a list is asked by an address, of a page or of the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from analytics.periods import Period
from dashboard.exports.lists import Asked
from dashboard.frame import state
from events.accounts import access
from events.models import Project


def asked(project: Project, parameters: Mapping[str, str], *, user: Any, now: datetime, after: int) -> Asked:
    """The question of `parameters`, with the period they mean now and what `user` may be told of single persons."""
    shown = state.parse(parameters, now=now)
    return Asked(
        project, dict(parameters), environment=shown.environment, period=Period(shown.start, shown.end), user=user,
        sees_persons=access.sees_persons(user, project), now=now, after=after,
    )  # fmt: skip
