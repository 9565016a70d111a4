"""Which pages the top bar and the palette lead to. A new page adds one line to `PROJECT_PAGES`."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Page:
    """One entry: `key` follows `g` on the keyboard; `section` is what a view names to light it up."""

    section: str
    title: str
    url_name: str
    key: str


@dataclass(frozen=True, slots=True)
class Link:
    section: str
    title: str
    url: str
    key: str
    is_current: bool


PROJECT_PAGES: list[Page] = [
    Page("overview", "Overview", "dashboard:overview", "o"),
    Page("issues", "Issues", "dashboard:issue-list", "i"),
    Page("performance", "Performance", "dashboard:performance", "p"),
    Page("queries", "Queries", "dashboard:queries", "q"),
    Page("vitals", "Vitals", "dashboard:vitals", "v"),
    Page("logs", "Logs", "dashboard:logs", "l"),
    Page("resources", "Resources", "dashboard:resources", "h"),
    Page("security", "Security", "dashboard:security", "y"),
    Page("releases", "Releases", "dashboard:release-list", "r"),
    Page("feedback", "Feedback", "dashboard:feedback-list", "f"),
    Page("alerts", "Alerts", "dashboard:channel-list", "a"),
    Page("setup", "Setup", "dashboard:setup", "u"),
    Page("settings", "Settings", "dashboard:settings", "s"),
]


def links(slug: str, *, section: str, query: str) -> list[Link]:
    """The pages of a project that exist, each carrying the state of the current URL."""
    found = []
    for page in PROJECT_PAGES:
        try:
            url = reverse(page.url_name, args=[slug])
        except NoReverseMatch:
            continue
        found.append(
            Link(page.section, page.title, f"{url}?{query}" if query else url, page.key, page.section == section)
        )
    return found
