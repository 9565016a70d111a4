"""The issue list: what each search finds, in which order, at which cost."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from analytics.questions.errors import issue_list
from events.facts import segments
from events.issues import search
from events.models import Bookmark, Issue, Project
from events.tests import make

DAY = timedelta(days=1)


@pytest.fixture
def some(project: Project, alice: Any, bob: Any, now: datetime) -> dict[str, Issue]:
    made = {
        "checkout": make.issue(
            project, title="ValueError: bad cart", type="ValueError", value="bad cart 100%", culprit="shop.cart in pay",
            level="fatal", events=500, users=(1, 2, 3), first_seen_at=now - 20 * DAY,
            last_seen_at=now - timedelta(minutes=5),
        ),
        "login": make.issue(
            project, title="KeyError: name", type="KeyError", value="name", culprit="accounts.login", platform="node",
            events=20, users=(1,), first_seen_at=now - DAY, last_seen_at=now - timedelta(hours=2), assigned_to=alice,
        ),
        "old": make.issue(
            project, title="TimeoutError", type="TimeoutError", value="", culprit="jobs", level="warning", events=3,
            status="resolved", first_seen_at=now - 90 * DAY, last_seen_at=now - 40 * DAY, resolved_at=now - 39 * DAY,
        ),
        "muted": make.issue(
            project, title="DeprecationWarning", type="", value="soon", culprit="lib", level="info", events=100,
            status="ignored", ignored_at=now, first_seen_at=now - 5 * DAY, last_seen_at=now - DAY,
        ),
        "back": make.issue(
            project, title="OSError: disk", type="OSError", value="disk", culprit="jobs.write", is_regressed=True,
            events=7, first_seen_at=now - 50 * DAY, last_seen_at=now - timedelta(hours=1), assigned_to=bob,
        ),
    }  # fmt: skip
    Bookmark.objects.create(issue=made["old"], user=alice)
    make.hours(made["checkout"].groups.get(), {0: 5, 1: 10, 30: 400})
    make.hours(made["login"].groups.get(), {2: 20}, environment="staging")
    make.hours(made["back"].groups.get(), {1: 7})
    make.issue(Project.objects.create(slug="other", name="Other"), title="ValueError: foreign")
    return made


def found(project: Project, query: str, *, user: Any = None, **options: Any) -> list[str]:
    page = issue_list.issue_list(
        project, search=search.parse(query, now=make.NOW), user=user, now=make.NOW, **{"sort": "last_seen", **options}
    )
    names = {"ValueError": "checkout", "KeyError": "login", "TimeoutError": "old", "": "muted", "OSError": "back"}
    return [names[row.issue.type] for row in page.rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["checkout", "back", "login", "muted", "old"]),
        ("is:unresolved", ["checkout", "back", "login"]),
        ("is:[resolved, ignored]", ["muted", "old"]),
        ("!is:unresolved", ["muted", "old"]),
        ("is:assigned", ["back", "login"]),
        ("is:unassigned", ["checkout", "muted", "old"]),
        ("is:regressed", ["back"]),
        ("is:new", ["login"]),
        ("is:for_review", []),
        ("is:bookmarked", ["old"]),
        ("level:fatal", ["checkout"]),
        ("priority:high", ["checkout"]),
        ("!priority:[high, medium]", ["muted", "old"]),
        ("has:priority", []),
        ("!level:[fatal, error]", ["muted", "old"]),
        ("cart", ["checkout"]),
        ("CART pay", ["checkout"]),
        ('"bad cart"', ["checkout"]),
        ('"100%"', ["checkout"]),
        ("!cart", ["back", "login", "muted", "old"]),
        ("error.type:*Error", ["checkout", "back", "login", "old"]),
        ("error.type:keyerror", ["login"]),
        ("message:disk", ["back"]),
        ("platform:node", ["login"]),
        ("has:error.type", ["checkout", "back", "login", "old"]),
        ("!has:error.value", ["old"]),
        ("timesSeen:>=100", ["checkout", "muted"]),
        ("timesSeen:5..25", ["back", "login"]),
        ("users:>1", ["checkout"]),
        ("!users:>1", ["back", "login", "muted", "old"]),
        ("firstSeen:-7d", ["login", "muted"]),
        ("lastSeen:+7d", ["old"]),
        ("assigned:me", ["login"]),
        ("assigned:bob", ["back"]),
        ("assigned:none", ["checkout", "muted", "old"]),
        ("assigned:[me, bob]", ["back", "login"]),
        ("bookmarks:me", ["old"]),
        ("bookmarks:alice", ["old"]),
        ("environment:staging", ["login"]),
        ("environment:prod*", ["checkout", "back"]),
        ("!environment:production", ["login", "muted", "old"]),
        ("is:unresolved level:error timesSeen:>10", ["login"]),
    ],
)
def test_a_search_finds(project: Project, some: Any, alice: Any, query: str, expected: list[str]) -> None:
    assert found(project, query, user=alice) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("last_seen", ["checkout", "back", "login", "muted", "old"]),
        ("first_seen", ["login", "muted", "checkout", "back", "old"]),
        ("events", ["checkout", "muted", "login", "back", "old"]),
        ("users", ["checkout", "login", "back", "muted", "old"]),
        ("trend", ["login", "back", "muted", "old", "checkout"]),
    ],
)
def test_each_order(project: Project, some: Any, sort: str, expected: list[str]) -> None:
    assert found(project, "", sort=sort) == expected


def test_an_unknown_order_is_refused(project: Project, now: datetime) -> None:
    with pytest.raises(ValueError, match="sorts are"):
        issue_list.issue_list(project, search=search.parse("", now=now), sort="id; drop table", now=now)


def test_the_environment_and_the_period_narrow(project: Project, some: Any, now: datetime) -> None:
    assert found(project, "", environment="production") == ["checkout", "back"]
    assert found(project, "", environment="staging", start=now - timedelta(hours=1)) == []
    assert found(project, "", start=now - timedelta(hours=3)) == ["checkout", "back", "login"]
    assert found(project, "", start=now - 60 * DAY, end=now - 30 * DAY) == ["back", "old"]


def test_pages_are_bounded_and_hold_each_issue_once(project: Project, now: datetime) -> None:
    made = {make.issue(project, groups=0).pk for _ in range(60)}
    everything = search.parse("", now=now)
    for sort in issue_list.SORTS:
        pages = [issue_list.issue_list(project, search=everything, sort=sort, page=n, now=now) for n in (1, 2, 3)]
        assert [len(page.rows) for page in pages] == [25, 25, 10]
        assert {row.issue.pk for page in pages for row in page.rows} == made
        assert (pages[0].total, pages[0].pages, pages[2].has_next) == (60, 3, False)
    assert issue_list.issue_list(project, search=everything, page=10**9, now=now).page == 3
    assert issue_list.issue_list(project, search=everything, page=-4, now=now).page == 1


@pytest.mark.parametrize("sort", issue_list.SORTS)
def test_queries_do_not_grow_with_rows(
    project: Project, alice: Any, now: datetime, sort: str, django_assert_num_queries: Any
) -> None:
    for _ in range(30):
        make.issue(project, assigned_to=alice)
    query = search.parse("is:unresolved assigned:me", now=now)
    with django_assert_num_queries(3 if sort == "trend" else 2):
        page = issue_list.issue_list(project, search=query, sort=sort, environment="", user=alice, now=now)
        assert {row.issue.assigned_to.username for row in page.rows if row.issue.assigned_to} == {"alice"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("browser:Firefox", ["checkout"]),
        ("browser:fire*", ["checkout"]),
        ("!browser:Firefox", ["back", "login", "muted", "old"]),
        ("has:browser", ["checkout", "login"]),
        ("release:web@2.*", ["login"]),
        ("url:*/cart", ["checkout"]),
        ("browser:Firefox release:web@2.0", []),
        ("browser:Netscape", []),
    ],
)
def test_what_only_facts_know(
    project: Project, some: dict[str, Issue], now: datetime, query: str, expected: list[str]
) -> None:
    told = {"checkout": ("Firefox", "web@1.0", "https://x/cart"), "login": ("Chrome", "web@2.0", "https://x/login")}
    rows = [
        {
            "at": now - timedelta(hours=1),
            "received_at": now,
            "event_id": uuid.uuid4().hex,
            "group_hash": some[name].groups.get().hash.hex,
            "release": release,
            "url": url,
            "tags": {"browser": browser},
        }
        for name, (browser, release, url) in told.items()
    ]
    segments.write({(project.pk, "errors"): rows}, now=now)
    assert found(project, query) == expected


def test_the_trend_of_a_period_is_its_second_half_less_its_first(project: Project, now: datetime) -> None:
    rising, falling, even = (
        make.issue(project, title=title, first_seen_at=now - 9 * DAY, last_seen_at=now)
        for title in ("up", "down", "even")
    )
    seen = {rising: (1, 3), falling: (4, 0), even: (2, 2)}
    rows = [
        {
            "at": now - timedelta(hours=hours),
            "group_hash": issue.groups.all()[0].hash.hex,
            "event_id": f"{issue.pk}{hours}{n}",
        }
        for issue, halves in seen.items()
        for hours, count in zip((100, 50), halves, strict=True)
        for n in range(count)
    ]
    segments.write({(project.pk, "errors"): rows}, now=now)

    def ordered(start: datetime) -> list[str]:
        query = search.parse("", now=now)
        page = issue_list.issue_list(project, search=query, sort="trend", start=start, end=now, now=now)
        return [row.issue.title for row in page.rows]

    assert ordered(now - 6 * DAY) == ["up", "even", "down"]
    assert ordered(now - timedelta(hours=190))[0] == "up"
    listed = issue_list.issue_rows(
        project, search=search.parse("", now=now), sort="trend", start=now - 6 * DAY, end=now, now=now, after=rising.pk
    )
    assert [(issue.title, errors) for issue, errors, _ in listed] == [("even", 4), ("down", 4)]
