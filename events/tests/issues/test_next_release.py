"""Resolved in whatever comes next: which release that is, and which brings the issue back."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count, permutations

import pytest

from events.digest import loop
from events.ingest import inbox, payloads
from events.ingest.payloads import Packed
from events.issues import triage
from events.models import Activity, IngestKey, Issue, Project, Release
from events.releases import lifecycle

Send = Callable[..., Issue]


@pytest.fixture
def send(project: Project, key: IngestKey, now: datetime) -> Send:
    """An event of each release, one after another; the issue then."""
    numbers = count(1)

    def send(*releases: str, function: str = "pay") -> Issue:
        for release in releases:
            number = next(numbers)
            event = {
                "event_id": uuid.UUID(int=number).hex, "timestamp": (now + timedelta(seconds=number)).isoformat(),
                "platform": "python", "level": "error", "release": release, "exception": {"values": [{
                    "type": "E", "value": "v", "stacktrace": {"frames": [
                        {"function": function, "module": f"shop.{function}", "filename": "pay.py", "in_app": True}]}}]},
            }  # fmt: skip
            packed = Packed("error", uuid.UUID(int=number), 1, payloads.pack(event))
            inbox.accept([packed], project_id=project.pk, key_id=key.pk, now=now)
            assert loop.run(now=now + timedelta(seconds=number)).failed == 0
        return Issue.objects.get(culprit__contains=function)

    return send


SENT = [
    ("a hash between versions", ["shop@1.10.0", "a1b2c3d4e5f6", "shop@1.9.1"], "shop@1.10.0", "shop@1.11.0"),
    ("the prefix of a package", ["pc-9.0.0", "pc-10.0.0", "pc-9.5.0"], "pc-10.0.0", "pc-10.0.1"),
    ("dates", ["2026-11-20", "2026-11-25", "2026-11-18"], "2026-11-25", "2026-11-26"),
    ("builds", ["1.0 (9)", "1.0 (10)", "1.0 (8)"], "1.0 (10)", "1.0 (11)"),
]


@pytest.mark.parametrize(("names", "last", "following"), [row[1:] for row in SENT], ids=[row[0] for row in SENT])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_next_follows_the_last_in_whatever_order_they_came(
    send: Send, alice: object, now: datetime, names: list[str], last: str, following: str, order: tuple[int, ...]
) -> None:
    issue = send(*(names[place] for place in order))
    triage.resolve(issue, actor=alice, in_next=True, now=now + timedelta(seconds=10))
    issue.refresh_from_db()
    assert (issue.resolved_in_release, issue.resolved_in_next) == (last, True)
    assert send(*names).status == "resolved"
    assert send(following).is_regressed


def test_a_release_of_another_package_is_no_next(send: Send, alice: object, now: datetime) -> None:
    issue = send("shop@1.0.0", "api@7.0.0", "shop@1.1.0")
    triage.resolve(issue, actor=alice, in_next=True, now=now + timedelta(seconds=10))
    assert send("api@7.0.0", "api@8.0.0").status == "resolved"
    assert send("shop@1.2.0").is_regressed


def test_issues_of_several_packages_are_resolved_each_in_its_own(
    send: Send, project: Project, alice: object, now: datetime
) -> None:
    send("shop@1.0.0", function="pay")
    send("api@7.0.0", function="list_items")
    lifecycle.create(project, "shop@2.0.0", actor=None, now=now)
    changed = triage.bulk(
        project, Issue.objects.values_list("pk", flat=True), "resolve", actor=alice, in_next=True, now=now
    )
    assert changed.count == 2
    assert dict(Issue.objects.values_list("culprit", "resolved_in_release")) == {
        Issue.objects.get(culprit__contains="pay").culprit: "shop@2.0.0",
        Issue.objects.get(culprit__contains="list_items").culprit: "api@7.0.0",
    }
    told = {line.detail["release"] for line in Activity.objects.filter(action="resolve")}
    assert told == {"shop@2.0.0", "api@7.0.0"}


def test_hashes_follow_their_commits_where_these_are_known(
    send: Send, project: Project, alice: object, now: datetime
) -> None:
    issue = send("f5806cc", "0a1b2c3")
    triage.resolve(issue, actor=alice, in_next=True, now=now + timedelta(seconds=10))
    old, _ = lifecycle.create(project, "beef123", actor=None, now=now + timedelta(seconds=11))
    lifecycle.set_commits(
        old, [lifecycle.Change(sha="beef123", committed_at=now - timedelta(days=30))], actor=None, now=now
    )
    assert send("beef123").status == "resolved"
    assert send("cafe456").is_regressed


def test_commits_are_counted_from_the_release_before_of_the_same_package(
    project: Project, alice: object, now: datetime
) -> None:
    for version in ("shop@1.9.0", "api@9.0.0", "shop@1.10.0", "a1b2c3d4"):
        release, _ = lifecycle.create(project, version, actor=alice, now=now)
        lifecycle.set_commits(release, [lifecycle.Change(sha="a" * 7)], actor=alice, now=now)
    made, _ = lifecycle.create(project, "shop@1.10.1", actor=alice, now=now)
    previous = lifecycle.previous_with_commits(made, project=project)
    assert previous
    assert previous.version == "shop@1.10.0"
    first = Release.objects.get(version="api@9.0.0")
    assert lifecycle.previous_with_commits(first, project=project) is None
