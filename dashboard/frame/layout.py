"""The frame of every page: who looks, at which project, in which state; one function draws a page in it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from analytics.flags import own
from analytics.periods import Period
from dashboard.exports import lists, tables
from dashboard.frame import filters, navigation, release_periods, shortcuts, side_bar, standing, state
from dashboard.frame.release_periods import ReleasePeriod
from dashboard.frame.standing import Standing
from dashboard.frame.state import COMPARISONS, PERIODS, WEEKS, State
from dashboard.reading import reader, weeks
from events.accounts import access
from events.models import Project

THEMES = ("light", "dark")
THEME_COOKIE = "obs-theme"
# The comparison that the key x goes to from each.
_NEXT = dict(zip(("", *COMPARISONS), (*COMPARISONS, ""), strict=True))


def theme_of(request: HttpRequest) -> str:
    """The theme this browser chose by hand; empty when it follows the system."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else ""


def state_of(request: HttpRequest) -> State:
    """The state in the request's URL, now."""
    return state.parse(request.GET.dict(), now=timezone.now())


def state_for(request: HttpRequest, project: Project) -> State:
    """The same, and what of people whoever asks may be told."""
    return replace(state_of(request), sees_persons=access.sees_persons(request.user, project))


def draw(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    project: Project | None = None,
    section: str = "",
    shown: State | None = None,
    status: int = 200,
    where: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page `template` inside the frame. `section` lights up its entry in the bar; `shown` is the parsed state,
    `where` what the page is narrowed to: it is shown as chips and handed on to the pages that know it."""
    user = request.user
    signed_in = user.is_authenticated
    frame: dict[str, Any] = {
        "theme": theme_of(request),
        "version": settings.OBS_VERSION,
        "projects": [],
        "project": project,
        "section": section,
        "state": shown,
    }
    if project is not None:
        shown = shown or state_of(request)
        where = where or {}
        told = standing.of(project, environment=shown.environment, user=user)
        reader.note(request, told.chosen)
        frame |= _around(request, project, section=section, shown=shown, where=where, told=told)
        frame |= _line(request, shown, told)
        frame |= {
            "kept": filters.chosen(request.GET.dict(), filters.TITLES),
            "chips": filters.chips(where, query=request.GET),
            "list_files": _files(request, project, shown),
            "unfiltered_url": f"?{replaced(request, **dict.fromkeys(where, ''))}",
        }
    elif signed_in:
        links = navigation.account_links(path=request.path, sees_system=user.is_superuser)
        projects = list(access.visible_projects(user).order_by("slug")[:200])
        frame |= {"nav": links, "side": side_bar.of(request, links), "shortcuts": [], "projects": projects}
    return render(request, template, {**frame, **context, "frame": frame}, status=status)


def _around(
    request: HttpRequest, project: Project, *, section: str, shown: State, where: Mapping[str, str], told: Standing
) -> dict[str, Any]:
    """What stands beside the pages of a project, for whoever looks."""
    user = request.user
    role = access.role_of(user, project)
    may_edit, may_own = access.is_enough(role, access.EDITOR), access.is_enough(role, access.OWNER)
    links = navigation.links(
        project.slug, section=section, path=request.path, query=shown.query, may_edit=may_edit,
        sees_system=user.is_superuser,
    )  # fmt: skip
    links = [filters.carried(link, where) for link in links]
    offered = shortcuts.of_project(project.slug, may_own=may_own) if may_edit else []
    return {
        "nav": links,
        "side": side_bar.of(request, links),
        "shortcuts": [*offered, *shortcuts.of_account()],
        "projects": told.projects,
        "saved_views": told.views,
        "role": role,
        "may_edit": may_edit,
        "may_own": may_own,
        "firing_count": told.firing,
        # Pages that look again by themselves cost the server most: a flag of its own can end it for all, or some.
        "pulse_url": reverse("dashboard:pulse", args=[project.slug]) if _is_live(user, told) else "",
    }


def _line(request: HttpRequest, shown: State, told: Standing) -> dict[str, Any]:
    """The line above the page: what is looked at, and what might be instead."""
    environments = told.environments
    releases = release_periods.of(told.arrivals)
    return {
        "state": shown,
        "environments": [_choice(request, shown, name or "All environments", env=name) for name in ["", *environments]],
        "periods": [
            {**_choice(request, shown, words, from_=since, to=""), "key": key, "is_current": shown.since == since}
            for since, (words, key, _) in PERIODS.items()
        ],
        "weeks": [
            {
                **_choice(request, shown, words, from_=since, to=to),
                "is_current": (shown.since, shown.until) == (since, to),
            }
            for (since, to), words in WEEKS.items()
        ],
        "week_day": weeks.NAMES[weeks.current()],
        "releases_since": [_release(request, shown, one) for one in releases],
        "release_shown": next((one.version for one in releases if one.is_shown(shown)), ""),
        "compared_with": COMPARISONS.get(shown.compare, ""),
        "comparisons": [_comparison(request, shown, name) for name in COMPARISONS],
        "compare_url": f"?{replaced(request, cmp=_NEXT[shown.compare])}",
        "copy_url": f"?{replaced(request, page=request.GET.get('page', ''), **shown.absolute_period)}",
    }


def _files(request: HttpRequest, project: Project, shown: State) -> list[tuple[str, list[tuple[str, str]]]]:
    """The lists on this page, each with its forms and their addresses: narrowed as the page is."""
    match, role = request.resolver_match, access.role_of(request.user, project)
    found = []
    for name, listed in lists.LISTS.items():
        if match is None or match.url_name not in listed.pages or not access.is_enough(role, listed.role):
            continue
        said = lists.query(
            listed, given=request.GET.dict(), of=match.kwargs, environment=shown.environment,
            period=Period(shown.start, shown.end),
        )  # fmt: skip
        tail = f"?{urlencode(said)}" if said else ""
        urls = [(form, reverse("dashboard:list-file", args=[project.slug, name, form]) + tail) for form in tables.FORMS]
        found.append((listed.title, urls))
    return found


def _is_live(user: Any, told: Standing) -> bool:
    return own.is_on_in(told.server_project, "live-pages", user, default=True)


def _choice(request: HttpRequest, shown: State, words: str, **changes: str) -> dict[str, Any]:
    current = changes.get("env") == shown.environment
    return {"words": words, "url": f"?{replaced(request, **changes)}", "is_current": current}


def _release(request: HttpRequest, shown: State, one: ReleasePeriod) -> dict[str, Any]:
    is_current = one.is_shown(shown)
    url = f"?{replaced(request, from_='' if is_current else one.since, to='' if is_current else one.until)}"
    return {"words": one.version, "url": url, "is_current": is_current, "is_latest": not one.until}


def _comparison(request: HttpRequest, shown: State, name: str) -> dict[str, Any]:
    is_current = shown.compare == name
    url = f"?{replaced(request, cmp='' if is_current else name)}"
    return {"words": COMPARISONS[name], "url": url, "is_current": is_current}


def replaced(request: HttpRequest, **changes: str) -> str:
    """The query string of this very URL with `changes`; filters of the page stay, its page number goes."""
    parameters = request.GET.copy()
    filters.drop_page(parameters)
    for name, value in changes.items():
        name = name.rstrip("_")
        parameters.pop(name, None)
        if value:
            parameters[name] = value
    return parameters.urlencode()
