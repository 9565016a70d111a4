"""What the tests of routing play with: something stands, it is said, and what was told is read."""

from datetime import datetime, timedelta
from typing import Any

from alerts.delivery.messages import Message
from alerts.models import (
    Channel,
    Notification,
    Route,
    Silence,
)  # fmt: skip
from alerts.routing import setup, telling
from alerts.routing.setup import WantedRoute
from alerts.routing.telling import Report
from alerts.rules import rule_setup
from events.models import Project
from events.tests.cast import NOW

WORDS = {"firing": "Fires", "still_firing": "Still fires", "alert_ended": "Ended", "flapping": "Flapping"}


def stands(name: str, *, on: bool = True, now: datetime, **given: Any) -> Report:
    """How the thing of this name stands."""
    kind = "firing" if on else "alert_ended"
    message = Message(kind=kind, dedup="", title=name, project="Web", at=now.isoformat(), level="error")
    labels = {"rule": name, "team": "web", **given.pop("labels", {})}
    given.setdefault("repeat_minutes", 240)
    return Report(key=f"test:{name}", source="rule", labels=labels, message=message, is_on=on, began_at=now, **given)


def say(project: Project, *reports: Report, now: datetime) -> dict[str, str]:
    return telling.report(project, reports, now=now)


def told(project: Project) -> list[tuple[str, list[str]]]:
    """Each message: its channel, and what it says of what."""
    found = Notification.objects.filter(channel__project=project).select_related("channel").order_by("pk")
    return [(one.channel.name, lines_of(one.payload)) for one in found]


def lines_of(payload: dict[str, Any]) -> list[str]:
    return sorted(payload["lines"]) or [f"{WORDS[payload['kind']]}: {payload['title']}"]


def route(project: Project, name: str, text: str = "", *, to: Channel | None = None, **wanted: Any) -> Route:
    steps = wanted.pop("steps", ())
    place = Route.objects.filter(project=project).count() + 1
    given = WantedRoute(name=name, matchers=text, **{"position": place, **wanted})
    channels = [to] if to else []
    return setup.store_route(Route(project=project), given, channels=channels, steps=steps, actor="test", now=NOW)


def silence(project: Project, name: str, *, start: datetime, length: timedelta) -> Silence:
    return rule_setup.silence(
        project, {"rule": name}, starts_at=start, ends_at=start + length, reason="Moving", actor="test", now=start
    )
