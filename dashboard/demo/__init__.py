"""What the demo's people look at: boards with charts of several pages, and insights kept under names."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.frame import saved_views
from dashboard.pages.boards import arranging
from events.models import Membership, Project

_ORDER = "/\n/catalogue\n/basket\n/checkout\norder paid"
_TWO_WEEKS = {"from": "-14d"}
# Name of the insight -> the tab that asks it, and how.
INSIGHTS: dict[str, tuple[str, dict[str, str]]] = {
    "From the start page to an order": ("funnels", {"steps": _ORDER, "within": "1h"}),
    "Orders by plan": ("trends", {"event": "order paid", "measure": "total", "by": "properties.plan"}),
    "Ways from the catalogue": ("journeys", {"begin": "/catalogue"}),
    "Who comes back to buy": ("cohorts", {"begin": "$pageview", "again": "order paid", "unit": "week"}),
}
# Name of the board -> its cards: a chart or an insight, its parameters, its title, how wide.
BOARDS: dict[str, tuple[tuple[str, dict[str, str], str, str], ...]] = {
    "Autumn sale": (
        ("From the start page to an order", {}, "Where orders are lost", "two"),
        ("visitors", {"source": "newsletter"}, "Visitors of the newsletter", "one"),
        ("Orders by plan", {}, "", "two"),
        ("trend", {"event": "order paid", "measure": "sum", "of": "total"}, "Revenue", "one"),
        ("Who comes back to buy", {}, "", "all"),
    ),
    "Checkout at a glance": (
        ("throughput", {"route": "POST /checkout/pay"}, "Paying by status", "two"),
        ("latency", {"route": "POST /checkout/pay"}, "How long paying takes", "one"),
        ("errors", {}, "", "one"),
        ("vital_trend", {"metric": "LCP", "route": "/checkout"}, "The checkout loads", "two"),
    ),
}


def arrange(project: Project, *, now: datetime) -> None:
    """Boards, and insights of whoever owns the project, shared; where there are any boards, nothing."""
    if project.boards.exists():
        return
    owner = _owner(project)
    if owner is not None:
        for name, (tab, asked) in INSIGHTS.items():
            saved_views.save(project, owner=owner, name=name, url=_url(project, tab, asked), is_shared=True, now=now)
    for name, cards in BOARDS.items():
        board = arranging.create(project, name=name, actor=owner, now=now)
        for shown, parameters, title, width in cards:
            url = _card_url(project, shown, parameters)
            arranging.add(board, url=url, title=title or _titled(shown), width=width, actor=owner, now=now)


def _titled(shown: str) -> str:
    return shown if shown in INSIGHTS else ""


def _card_url(project: Project, shown: str, parameters: dict[str, str]) -> str:
    if shown in INSIGHTS:
        return _url(project, *INSIGHTS[shown])
    return f"{reverse('dashboard:chart', args=[project.slug, shown])}?{urlencode(parameters)}"


def _url(project: Project, tab: str, asked: dict[str, str]) -> str:
    return f"{reverse(f'dashboard:insights-{tab}', args=[project.slug])}?{urlencode({**_TWO_WEEKS, **asked})}"


def _owner(project: Project) -> Any:
    of_project = Membership.objects.filter(project=project, role=Membership.Role.OWNER).select_related("user")
    member = of_project.order_by("pk").first()
    return member.user if member else None
