"""Rules of a project, from saving to grouping: tried first, in force at once, and no issue is lost to them."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from events.ingest import inbox, payloads
from events.ingest.payloads import Packed
from events.issues import project_rules
from events.models import AuditEntry, GroupingRules, IngestKey, Issue, IssueGroup, Project
from events.tests.intake import digested
from events.tests.issues.test_grouping_rules import error, frame


@pytest.fixture(autouse=True)
def fresh_caches(clean_redis: Any) -> None:
    """Digesting asks Redis."""


def arrive(project: Project, key: IngestKey, *events: dict[str, Any]) -> None:
    now = timezone.now()
    for event in events:
        event_id = uuid.uuid4()
        payload = {"event_id": event_id.hex, "timestamp": now.timestamp(), **event}
        inbox.accept(
            [Packed("error", event_id, 1, payloads.pack(payload))], project_id=project.pk, key_id=key.pk, now=now
        )
        digested(project)


def save(project: Project, fingerprints: str = "", stacks: str = "", **given: Any) -> project_rules.Standing:
    now = timezone.now()
    return project_rules.save(project, fingerprints=fingerprints, stacks=stacks, actor="anna", now=now, **given)


def failed(type: str = "TimeoutError", function: str = "pay", **fields: Any) -> dict[str, Any]:
    return error(frame(function), type=type, **fields)


def test_a_fingerprint_rule_gathers_errors_from_the_next_one_on(project: Project, key: IngestKey) -> None:
    arrive(project, key, failed(), failed("ResetError"))
    assert Issue.objects.count() == 2
    save(project, 'type:*Error -> network title="Network is down"')
    arrive(project, key, failed(), failed("ResetError"), failed("OtherError"))
    issue = Issue.objects.latest("pk")
    assert (issue.title, issue.event_count, Issue.objects.count()) == ("Network is down", 3, 3)
    save(project)
    arrive(project, key, failed())
    assert (Issue.objects.count(), Issue.objects.earliest("pk").event_count) == (3, 2)


def test_a_rule_of_stacks_keeps_the_issue_of_old(project: Project, key: IngestKey) -> None:
    one = error(frame("main"), frame("a", "shop.vendor", "/srv/shop/vendor/a.py"))
    other = error(frame("main"), frame("b", "shop.vendor", "/srv/shop/vendor/b.py"))
    arrive(project, key, one)
    save(project, stacks="path:**/vendor/** -app")
    arrive(project, key, one, other)
    assert (Issue.objects.count(), IssueGroup.objects.count()) == (1, 2)
    assert Issue.objects.get().event_count == 3
    save(project, stacks="path:**/vendor/** -group\nfunction:main -app")
    arrive(project, key, other)
    save(project)
    arrive(project, key, one)
    assert (Issue.objects.count(), Issue.objects.get().event_count) == (1, 5)


def test_a_version_is_kept_and_told_in_the_audit_trail(project: Project) -> None:
    first = save(project, "type:A -> a\ntype:B -> b")
    assert (first.version, first.before) == (1, ())
    second = save(project, "type:A -> a\ntype:C -> c", "function:x -app", based_on=1)
    assert (second.version, second.before) == (2, (first.ruleset,))
    assert save(project, "type:A -> a\ntype:C -> c", "function:x -app").version == 2
    entries = AuditEntry.objects.filter(action="grouping_rules.change").order_by("id")
    assert [entry.detail["version"] for entry in entries] == [1, 2]
    assert entries[1].detail["fingerprint_rules"] == ["- type:B -> b", "+ type:C -> c"]
    assert [row.version for row in project_rules.history(project)] == [2, 1]


def test_nobody_overwrites_what_another_saved(project: Project) -> None:
    save(project, "type:A -> a")
    with pytest.raises(ValidationError, match="Version 1 was saved meanwhile"):
        save(project, "type:B -> b", based_on=0)
    assert project_rules.standing(project.pk).fingerprints == "type:A -> a"


def test_what_cannot_be_read_is_not_saved(project: Project) -> None:
    with pytest.raises(ValidationError) as caught:
        save(project, "type:A -> a\nb", "c")
    assert [message.partition(":")[0] for message in caught.value.messages] == [
        "fingerprint rules, line 2", "stack trace rules, line 1",
    ]  # fmt: skip
    assert not GroupingRules.objects.exists()


def test_rules_that_this_version_cannot_read_say_nothing(project: Project, key: IngestKey) -> None:
    GroupingRules.objects.create(project=project, version=1, fingerprints="of tomorrow", made_at=timezone.now())
    arrive(project, key, failed())
    assert Issue.objects.count() == 1


def tried(project: Project, fingerprints: str = "", stacks: str = "") -> list[tuple[str, int, int, int]]:
    trial = project_rules.try_out(project, fingerprints=fingerprints, stacks=stacks)
    return [(change.kind, len(change.issues), change.events, change.parts) for change in trial.changes]


def test_a_trial_tells_what_would_merge_split_and_move(project: Project, key: IngestKey) -> None:
    arrive(
        project, key, failed(transaction="GET /a"), failed(transaction="GET /b"), failed("ResetError"), failed("Other")
    )
    assert tried(project) == []
    assert tried(project, "type:*Error -> network") == [("merged", 2, 3, 1)]
    assert tried(project, "type:TimeoutError -> {{ default }}, {{ transaction }}") == [("split", 1, 2, 2)]
    assert tried(project, "type:TimeoutError transaction:*a -> a") == [("split", 1, 2, 2)]
    assert tried(project, "type:Other -> other") == [("moved", 1, 1, 1)]
    assert tried(project, stacks="function:pay -group") == []
    trial = project_rules.try_out(project, fingerprints="type:X -> x\ntype:*Error -> network", stacks="")
    assert (trial.tried, trial.regrouped, trial.matched) == (4, 3, {2: 3})
    assert (Issue.objects.count(), IssueGroup.objects.count(), GroupingRules.objects.count()) == (3, 3, 0)


def test_a_trial_foretells_the_merging_of_marks(project: Project, key: IngestKey) -> None:
    events = [error(frame("main"), frame(name, "shop.vendor", f"/srv/vendor/{name}.py")) for name in ("a", "b")]
    arrive(project, key, *events)
    rules = "path:**/vendor/** -app"
    assert tried(project, stacks=rules) == [("merged", 2, 2, 1)]
    save(project, stacks=rules)
    arrive(project, key, *events)
    assert sorted(Issue.objects.values_list("event_count", flat=True)) == [1, 3]
    assert tried(project, stacks=rules) == []


def test_a_project_sees_only_its_own_rules(project: Project, key: IngestKey) -> None:
    other = Project.objects.create(name="Other", slug="other-rules")
    save(other, "type:* -> all")
    arrive(project, key, failed(), failed("ResetError"))
    assert Issue.objects.filter(project=project).count() == 2
