"""Which pages the top bar and the palette lead to. A new page adds one line to `PROJECT_PAGES`.

The bar shows the main ones; the rest is behind its "More", so that it stays one line."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Page:
    """One entry: `key` follows `g` on the keyboard; `section` is what a view names to light it up."""

    section: str
    title: str
    url_name: str
    key: str
    is_main: bool = False
    is_for_editors: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    section: str
    title: str
    url: str
    key: str
    is_main: bool
    is_current: bool


PROJECT_PAGES: list[Page] = [
    Page("overview", "Overview", "dashboard:overview", "o", is_main=True),
    Page("issues", "Issues", "dashboard:issue-list", "i", is_main=True),
    Page("performance", "Performance", "dashboard:performance", "p", is_main=True),
    Page("vitals", "Vitals", "dashboard:vitals", "v", is_main=True),
    Page("logs", "Logs", "dashboard:logs", "l", is_main=True),
    Page("releases", "Releases", "dashboard:release-list", "r", is_main=True),
    Page("alerts", "Alerts", "dashboard:alerts", "a", is_main=True),
    Page("analytics", "Analytics", "dashboard:analytics", "t"),
    Page("insights", "Insights", "dashboard:insights-trends", "j"),
    Page("boards", "Boards", "dashboard:board-list", "z"),
    Page("persons", "Persons", "dashboard:person-list", "k", is_for_editors=True),
    Page("incidents", "Incidents", "dashboard:incident-list", "c"),
    Page("monitors", "Monitors", "dashboard:monitor-list", "m"),
    Page("uptime", "Uptime", "dashboard:probe-list", "d"),
    Page("slos", "SLOs", "dashboard:slos", "b"),
    Page("flags", "Flags", "dashboard:flag-list", "x"),
    Page("experiments", "Experiments", "dashboard:experiment-list", "e"),
    Page("queries", "Queries", "dashboard:queries", "q"),
    Page("resources", "Resources", "dashboard:resources", "h"),
    Page("security", "Security", "dashboard:security", "y"),
    Page("feedback", "Feedback", "dashboard:feedback-list", "f"),
    Page("reports", "Reports", "dashboard:weekly", "w"),
    Page("setup", "Setup", "dashboard:setup", "u"),
    Page("settings", "Settings", "dashboard:settings", "s", is_for_editors=True),
    Page("shares", "Shares", "dashboard:share-list", "n", is_for_editors=True),
]


def links(slug: str, *, section: str, query: str, may_edit: bool) -> list[Link]:
    """The pages of a project that whoever looks may open, each carrying the state of the current URL."""
    found = []
    for page in PROJECT_PAGES:
        if page.is_for_editors and not may_edit:
            continue
        url = reverse(page.url_name, args=[slug])
        is_current = page.section == section
        found.append(
            Link(page.section, page.title, f"{url}?{query}" if query else url, page.key, page.is_main, is_current)
        )
    return found
