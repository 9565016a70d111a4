"""Which pages the side bar and the palette lead to. A new page adds one line to `PROJECT_PAGES`."""

from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse

GROUPS: dict[str, str] = {
    "watch": "Watch",
    "errors": "Errors",
    "speed": "Speed",
    "product": "Product",
    "house": "House",
}
"""The groups of the side bar in their order: name -> title."""


@dataclass(frozen=True, slots=True)
class Page:
    """One entry: `key` follows `g` on the keyboard, if it has one; `section` is what a view names to light it up.

    `icon` is a symbol of static/dashboard/icons; `also` holds further words that the palette finds the page by.
    """

    section: str
    title: str
    url_name: str
    key: str
    group: str
    icon: str
    also: str = ""
    is_for_editors: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    section: str
    title: str
    url: str
    key: str
    group: str
    icon: str
    also: str
    is_current: bool


PROJECT_PAGES: list[Page] = [
    Page("overview", "Overview", "dashboard:overview", "o", "watch", "house", "home"),
    Page("alerts", "Alerts", "dashboard:alerts", "a", "watch", "bell", "rules channels silences"),
    Page("incidents", "Incidents", "dashboard:incident-list", "c", "watch", "siren"),
    Page("uptime", "Uptime", "dashboard:probe-list", "d", "watch", "activity", "probes status page"),
    Page("monitors", "Monitors", "dashboard:monitor-list", "m", "watch", "timer", "check-ins heartbeats cron"),
    Page("slos", "SLOs", "dashboard:slos", "b", "watch", "target", "objectives budgets"),
    Page("boards", "Boards", "dashboard:board-list", "z", "watch", "layout-dashboard", "dashboards"),
    Page("issues", "Issues", "dashboard:issue-list", "i", "errors", "bug", "errors exceptions"),
    Page("releases", "Releases", "dashboard:release-list", "r", "errors", "rocket", "deploys"),
    Page("feedback", "Feedback", "dashboard:feedback-list", "f", "errors", "message-square"),
    Page("performance", "Performance", "dashboard:performance", "p", "speed", "gauge", "endpoints requests latency"),
    Page("vitals", "Vitals", "dashboard:vitals", "v", "speed", "zap", "speed insights LCP INP CLS"),
    Page("queries", "Queries", "dashboard:queries", "q", "speed", "database", "SQL statements"),
    Page("traces", "Traces", "dashboard:trace-list", "g", "speed", "waypoints", "spans waterfall"),
    Page("logs", "Logs", "dashboard:logs", "l", "speed", "scroll-text"),
    Page("resources", "Resources", "dashboard:resources", "h", "speed", "server", "hosts machines"),
    Page("analytics", "Analytics", "dashboard:analytics", "t", "product", "chart-column", "visitors web"),
    Page("insights", "Insights", "dashboard:insights-trends", "j", "product", "chart-no-axes-combined", "trends"),
    Page("funnels", "Funnels", "dashboard:insights-funnels", "", "product", "filter", "conversion"),
    Page("journeys", "Journeys", "dashboard:insights-journeys", "", "product", "route", "paths"),
    Page("persons", "Persons", "dashboard:person-list", "k", "product", "users", "people", is_for_editors=True),
    Page("flags", "Flags", "dashboard:flag-list", "x", "product", "flag", "features audiences"),
    Page("experiments", "Experiments", "dashboard:experiment-list", "e", "product", "flask-conical", "A/B tests"),
    Page("reports", "Scorecard", "dashboard:scorecard", "w", "house", "newspaper", "weekly report promises"),
    Page("security", "Security", "dashboard:security", "y", "house", "shield", "policy"),
    Page("shares", "Shares", "dashboard:share-list", "n", "house", "link-2", is_for_editors=True),
    Page("api", "API", "dashboard:api-calls", "", "house", "corner-down-left", "calls curl OpenAPI"),
    Page("setup", "Setup", "dashboard:setup", "u", "house", "sparkles", "DSN install SDK"),
    Page("settings", "Settings", "dashboard:settings", "s", "house", "settings", "keys people", is_for_editors=True),
]


@lru_cache(maxsize=1_000)
def _urls(slug: str) -> dict[str, str]:
    """section -> where the page is, of every page of the project."""
    return {page.section: reverse(page.url_name, args=[slug]) for page in PROJECT_PAGES}


def links(slug: str, *, section: str, path: str, query: str, may_edit: bool, sees_system: bool) -> list[Link]:
    """The pages that whoever looks may open, each carrying the state of the current URL.

    The page at `path` is the current one; where none is, that of the `section`.
    """
    shown = [page for page in PROJECT_PAGES if may_edit or not page.is_for_editors]
    urls = _urls(slug)
    current = next((page.section for page in shown if urls[page.section] == path), section)
    found = [
        Link(
            page.section, page.title, f"{urls[page.section]}?{query}" if query else urls[page.section], page.key,
            page.group, page.icon, page.also, page.section == current,
        )
        for page in shown
    ]  # fmt: skip
    if sees_system:
        found.append(_without_project("system", "System", "dashboard:system", "house", "cpu", path=path))
    return found


def account_links(*, path: str, sees_system: bool) -> list[Link]:
    """The pages that are about no project; the one at `path` is the current one."""
    pages = [
        ("home", "All projects", "dashboard:home", "folder"),
        ("docs", "Documentation", "dashboard:docs", "scroll-text"),
        ("account", "Account", "dashboard:account", "circle-user"),
        ("password", "Password", "dashboard:password", "lock"),
        ("second-factor", "Second factor", "dashboard:second-factor", "fingerprint"),
    ]
    if sees_system:
        pages.append(("system", "System", "dashboard:system", "cpu"))
    return [_without_project(name, title, url, "", icon, path=path) for name, title, url, icon in pages]


def _without_project(name: str, title: str, url_name: str, group: str, icon: str, *, path: str) -> Link:
    url = reverse(url_name)
    return Link(name, title, url, "", group, icon, "", url == path)
