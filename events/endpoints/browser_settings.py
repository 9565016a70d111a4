"""How the first-party browser script is steered: a switch, consent, and for each feature the share of page loads."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError, transaction

from events.accounts import audit
from events.ingest.intake import Unavailable
from events.models import Project
from events.values import lenient

# What the script itself does, with the share of page loads that do it until someone decides otherwise.
OWN_FEATURES: dict[str, float] = {"errors": 100.0, "vitals": 100.0, "pages": 100.0, "timings": 100.0, "clicks": 0.0}
MOST_FEATURES = 50
NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}")  # read from a form of our own, never from events
# A change reaches every page in a minute: 10 s here, 20 s in the cache of a browser, 30 s until a page asks again.
TTL_SECONDS = 10.0
BROWSER_SECONDS = 20


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """`features` are percentages of page loads, 0 to 100; the script's own are always among them."""

    is_on: bool = True
    needs_consent: bool = False
    features: Mapping[str, float] = field(default_factory=lambda: dict(OWN_FEATURES))

    def as_json(self) -> dict[str, Any]:
        """The form in which it is stored and published."""
        return {"on": self.is_on, "consent": self.needs_consent, "features": dict(self.features)}


def of_json(value: Any) -> BrowserSettings:
    """The settings stored in `value`; what is missing has its default, what is nonsense counts as missing."""
    stored = value if isinstance(value, dict) else {}
    features = stored.get("features")
    sound = {name: share for name, share in features.items() if _is_share(share)} if isinstance(features, dict) else {}
    return BrowserSettings(
        is_on=stored.get("on") is not False,
        needs_consent=stored.get("consent") is True,
        features=OWN_FEATURES | sound,
    )


def of_project(project: Project) -> BrowserSettings:
    """How the project's pages are steered."""
    return of_json(project.browser)


def change(
    project: Project,
    *,
    is_on: bool,
    needs_consent: bool,
    features: Mapping[str, float],
    actor: Any,
    now: datetime,
) -> BrowserSettings:
    """The new settings; a feature of the project's own that is not named is gone. Raises ValidationError."""
    mistakes = [f"{name!r} is no name of a feature" for name in features if not NAME.fullmatch(name)]
    mistakes += [f"{name}: a share is 0 to 100 percent" for name, share in features.items() if not _is_share(share)]
    if len(features) > MOST_FEATURES:
        mistakes.append(f"at most {MOST_FEATURES} features")
    if mistakes:
        raise ValidationError(mistakes)
    changed = BrowserSettings(is_on, needs_consent, OWN_FEATURES | dict(features))
    with transaction.atomic():
        project.browser = changed.as_json()
        project.save(update_fields=["browser"])
        audit.record("browser.change", actor=actor, project=project, obj=project, detail=project.browser, now=now)
    forget()
    return changed


def refusal(settings: BrowserSettings, environ: Mapping[str, Any]) -> str:
    """Why nothing of a request is kept although its key is good; "" when it is."""
    if not settings.is_on:
        return "switched_off"
    return "visitor_objects" if objects(environ) else ""


def objects(environ: Mapping[str, Any]) -> bool:
    """Whether the visitor's browser says that they object: Global Privacy Control, or Do Not Track."""
    return environ.get("HTTP_SEC_GPC") == "1" or environ.get("HTTP_DNT") == "1"


_cache: dict[int, tuple[float, BrowserSettings, bytes]] = {}


def current(project_id: int, *, clock: float | None = None) -> BrowserSettings:
    """The project's settings, at most TTL_SECONDS old; while PostgreSQL is away the last known, else Unavailable."""
    return _current(project_id, clock)[1]


def published(project_id: int, *, clock: float | None = None) -> bytes:
    """The document that the script reads."""
    return _current(project_id, clock)[2]


def forget() -> None:
    """Empty the process cache."""
    _cache.clear()


def _current(project_id: int, clock: float | None) -> tuple[float, BrowserSettings, bytes]:
    clock = time.monotonic() if clock is None else clock
    cached = _cache.get(project_id)
    if cached is not None and cached[0] > clock:
        return cached
    try:
        stored = Project.objects.filter(pk=project_id).values_list("browser", flat=True).first()
    except (DatabaseError, InterfaceError) as error:
        if cached is None:
            raise Unavailable from error
        return cached
    settings = of_json(stored)
    _cache[project_id] = (clock + TTL_SECONDS, settings, lenient.canonical(settings.as_json()))
    return _cache[project_id]


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
