"""The pages of flags: made, changed, tried, taken back and put away by people who may, without a script."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.flags import books
from analytics.models import Audience, Flag, FlagHour, FlagOverride
from analytics.tests.flags.make import group, prop, stored
from events.models import AuditEntry, IngestKey, Project

BASE = "/p/web/flags/"


@pytest.fixture(autouse=True)
def unread() -> None:
    books.forget()


def typed(**changes: str) -> dict[str, str]:
    """What a person types into the form: half of those on the plan pro, or everybody at Example."""
    return {
        "key": "new-basket", "description": "The new basket", "is_active": "1", "runtime": "all",
        "c-0-0-key": "plan", "c-0-0-operator": "exact", "c-0-0-value": "pro|team", "c-0-share": "50",
        "c-0-1-key": "", "c-0-1-operator": "exact", "c-0-1-value": "",
        "c-1-0-key": "email", "c-1-0-operator": "ends_with", "c-1-0-value": "@example.com", "c-1-share": "100",
        "c-1-variant": "b", "v-0-key": "a", "v-0-share": "50", "v-1-key": "b", "v-1-share": "50",
        "v-1-payload": '{"size": 2}', "v-2-key": "", "v-2-share": "", **changes,
    }  # fmt: skip


def value(key: IngestKey, who: str, **properties: Any) -> Any:
    books.forget()
    sent = {"token": key.public_key, "distinct_id": who, "person_properties": properties}
    answer = Client().generic("POST", "/flags/?v=4", json.dumps(sent)).json()
    return answer["flags"]["new-basket"]["value"] if "new-basket" in answer["flags"] else None


def test_an_empty_project_is_shown_the_lines_to_paste(as_alice: Client, as_bob: Client, key: IngestKey) -> None:
    page = as_alice.get(BASE).content.decode()
    assert "No flag yet" in page
    assert f"posthog.init(&quot;{key.public_key}&quot;" in page
    assert "Add a flag" in page
    assert "Add a flag" not in as_bob.get(BASE).content.decode()


def test_a_flag_of_the_form_is_what_sdks_are_answered(as_alice: Client, as_bob: Client, key: IngestKey) -> None:
    assert as_bob.post(f"{BASE}new/", typed()).status_code == 403
    answer = as_alice.post(f"{BASE}new/", typed())
    flag = Flag.objects.get()
    assert answer["Location"] == f"{BASE}{flag.pk}/"
    first, second = flag.filters["groups"]
    assert first["properties"] == [{"type": "person", "key": "plan", "value": ["pro", "team"], "operator": "exact"}]
    assert (first["rollout_percentage"], second["variant"], flag.filters["payloads"]) == (50, "b", {"b": '{"size": 2}'})
    assert value(key, "ada", email="ada@example.com") == "b"
    assert value(key, "ada") is False
    assert {value(key, f"u{number}", plan="TEAM") for number in range(30)} == {"a", "b", False}
    page = as_bob.get(f"{BASE}{flag.pk}/").content.decode()
    assert "50 % of those where plan is one of pro|team" in page
    assert "100 % of those where email ends with @example.com get b" in page
    assert "Switch off" not in page
    form = as_alice.get(f"{BASE}{flag.pk}/edit/").content.decode()
    assert 'value="pro|team"' in form
    assert AuditEntry.objects.filter(action="flag.create").count() == 1


def test_rows_are_added_and_dropped_without_losing_what_was_typed(as_alice: Client) -> None:
    def shown(add: str) -> Any:
        answer = as_alice.post(f"{BASE}new/", typed(add=add))
        assert answer.status_code == 200
        return answer.context["draft"]

    assert len(shown("condition").blocks) == 3
    assert len(shown("property-1").blocks[1].rows) == 2
    assert [block.rows[0].key for block in shown("drop-0").blocks] == ["email"]
    assert len(shown("variant").variants) == 4
    for nonsense in ("property-99", "drop-x", "x", "drop-"):
        assert len(shown(nonsense).blocks) == 2
    assert not Flag.objects.exists()


REFUSED = [
    ({"key": "no blanks"}, "letters, digits"), ({"key": ""}, "letters, digits"), ({"v-1-share": "49"}, "not to 100"),
    ({"v-1-key": "a"}, "and once"), ({"c-0-share": "101"}, "from 0 to 100"), ({"c-1-variant": "z"}, "no variant"),
    ({"c-0-0-operator": "gt"}, "no number"), ({"c-0-0-operator": "regex", "c-0-0-value": "("}, "pattern"),
    ({"c-0-0-operator": "in"}, "no audience"), ({"c-0-0-operator": "flag_evaluates_to"}, "no such flag"),
    ({"c-0-0-operator": "nonsense"}, "no operator"), ({"v-1-payload": "{"}, "no JSON"), ({"runtime": "moon"}, "One of"),
    ({"starts_at": "2026-12-02T10:00", "ends_at": "2026-12-01T10:00"}, "before it starts"),
    ({"starts_at": "soon"}, "date and a time"), ({"holdout_id": "x", "holdout_share": "5"}, "holdout has a number"),
    ({"v-0-key": "true"}, "could not be told"), ({"c-0-0-value": "x" * 4500}, "too long"),
]  # fmt: skip


def test_what_is_not_sound_is_refused_with_what_was_typed(as_alice: Client) -> None:
    for changes, reason in REFUSED:
        answer = as_alice.post(f"{BASE}new/", typed(**changes))
        assert answer.status_code == 422, changes
        assert reason in " ".join(answer.context["errors"]), (changes, answer.context["errors"])
        assert 'value="The new basket"' in answer.content.decode()
    assert not Flag.objects.exists()


def test_a_change_shows_what_differs_and_one_click_returns(as_alice: Client, as_bob: Client, key: IngestKey) -> None:
    as_alice.post(f"{BASE}new/", typed())
    flag = Flag.objects.get()
    address = f"{BASE}{flag.pk}/"
    changed = typed(based_on="1", note="more of them") | {"c-0-share": "75"}
    assert as_alice.post(f"{address}edit/", changed)["Location"] == address
    old = as_alice.get(address).context["versions"][0]
    assert [(one.path, one.before, one.after) for one in old.changes] == [("condition 1: percent", "50", "75")]
    late = as_alice.post(f"{address}edit/", typed(based_on="1"))
    assert late.status_code == 422
    assert "Version 2 was saved meanwhile" in late.content.decode()
    assert as_bob.post(f"{address}return/", {"number": 1}).status_code == 403
    assert as_alice.post(f"{address}return/", {"number": 99}).status_code == 404
    as_alice.post(f"{address}return/", {"number": 1})
    flag.refresh_from_db()
    assert (flag.version, flag.filters["groups"][0]["rollout_percentage"]) == (3, 50)
    as_alice.post(f"{address}switch/")
    assert value(key, "ada", email="ada@example.com") is False
    as_alice.post(f"{address}switch/", {"is_active": "1"})
    assert value(key, "ada", email="ada@example.com") == "b"


def test_trying_it_says_who_gets_what_and_keeps_nothing(as_bob: Client, project: Project) -> None:
    flag = stored(project, "f", group(prop("plan", "pro")), payloads={"true": "[1]"})
    address = f"{BASE}{flag.pk}/try/"
    asked = {"distinct_id": "ada@example.com", "properties": '{"plan": "pro"}'}
    page = as_bob.post(address, asked)
    assert page.context["tried"]["verdict"].value is True
    assert "Matched condition set 1" in page.content.decode()
    assert as_bob.post(address, asked | {"properties": ""}).context["tried"]["verdict"].value is False
    for wrong in ({"distinct_id": ""}, asked | {"properties": "{"}):
        assert as_bob.post(address, wrong).status_code == 422
    kept = str(list(AuditEntry.objects.values())) + str(list(FlagHour.objects.values()))
    assert "ada@example" not in kept


def test_an_override_is_kept_by_a_pseudonym_and_decides(as_alice: Client, key: IngestKey) -> None:
    as_alice.post(f"{BASE}new/", typed())
    flag = Flag.objects.get()
    sent = {"distinct_id": "ada@example.com", "value": "a", "note": "our tester"}
    as_alice.post(f"{BASE}{flag.pk}/override/", sent)
    assert value(key, "ada@example.com") == "a"
    assert value(key, "bob@example.com") is False
    as_alice.post(f"{BASE}{flag.pk}/override/", sent | {"value": "nonsense"})
    override = FlagOverride.objects.get()
    assert "ada" not in str(FlagOverride.objects.values())
    assert "our tester" in as_alice.get(f"{BASE}{flag.pk}/").content.decode()
    as_alice.post(f"{BASE}overrides/{override.pk}/drop/")
    assert value(key, "ada@example.com") is False


def test_the_archive_keeps_history_and_what_others_lean_on_stays(
    as_alice: Client, project: Project, key: IngestKey
) -> None:
    base = stored(project, "base")
    stored(project, "top", group({"type": "flag", "key": "base", "value": True}))
    address = f"{BASE}{base.pk}/"
    page = as_alice.post(f"{address}archive/", follow=True).content.decode()
    assert "top lean on it" in page
    Flag.objects.filter(key="top").delete()
    as_alice.post(f"{address}archive/")
    assert "base" not in str(as_alice.get(BASE).context["lines"])
    assert [line.state for line in as_alice.get(f"{BASE}?archive=1").context["lines"]] == ["archived"]
    again = as_alice.post(f"{BASE}new/", typed(key="base"))
    assert "already, archived perhaps" in again.content.decode()
    as_alice.post(f"{address}revive/")
    base.refresh_from_db()
    assert (base.archived_at, base.is_active) == (None, False)
    assert as_alice.post(f"{address}delete/")["Location"] == BASE
    assert not Flag.objects.exists()


def test_a_circle_of_flags_is_refused_in_words(as_alice: Client, project: Project) -> None:
    one = stored(project, "one")
    stored(project, "two", group({"type": "flag", "key": "one", "value": True}))
    row = {"c-0-0-operator": "flag_evaluates_to", "c-0-0-key": "two", "c-0-0-value": "true", "c-0-share": "100"}
    answer = as_alice.post(f"{BASE}{one.pk}/edit/", {"runtime": "all", "based_on": "1", **row})
    assert answer.status_code == 422
    assert "would lean on itself, by way of two" in answer.content.decode()


def test_the_list_searches_pages_and_says_what_is_stale(as_bob: Client, project: Project) -> None:
    now = timezone.now()
    old, flags = now - timedelta(days=40), {}
    for name in ("asked", "forgotten", "full"):
        flags[name] = stored(project, name, group(rollout=100 if name == "full" else 50), now=old)
    for name in ("asked", "full"):
        at = now.replace(minute=0, second=0, microsecond=0)
        FlagHour.objects.create(flag=flags[name], at=at, value="true", count=1200)
    lines = {line.flag.key: line for line in as_bob.get(BASE).context["lines"]}
    assert {name: bool(line.stale) for name, line in lines.items()} == {"asked": False, "forgotten": True, "full": True}
    assert (lines["asked"].count, bool(lines["asked"].points), lines["forgotten"].points) == (1200, True, "")
    assert [line.flag.key for line in as_bob.get(f"{BASE}?q=forg").context["lines"]] == ["forgotten"]
    assert "No flag matches" in as_bob.get(f"{BASE}?q=nonsense").content.decode()
    books.note_fetched(project.pk, now=now)
    lines = {line.flag.key: line for line in as_bob.get(BASE).context["lines"]}
    assert not lines["forgotten"].stale, "an SDK that decides by itself may ask for it"
    for number in range(30):
        stored(project, f"more-{number:02}")
    assert len(as_bob.get(f"{BASE}?page=2").context["lines"]) == 8


def test_an_audience_is_written_once_and_used_by_flags(as_alice: Client, project: Project, key: IngestKey) -> None:
    rows = {
        "name": "Big pros", "c-0-0-key": "plan", "c-0-0-operator": "exact", "c-0-0-value": "pro",
        "c-0-1-key": "seats", "c-0-1-operator": "gte", "c-0-1-value": "5", "c-0-share": "100",
    }  # fmt: skip
    assert as_alice.post(f"{BASE}audiences/new/", rows).status_code == 302
    audience = Audience.objects.get()
    used = {"c-0-0-key": "", "c-0-0-operator": "in", "c-0-0-value": "Big pros", "c-0-share": "100"}
    sent = {"key": "new-basket", "is_active": "1", "runtime": "all", **used}
    assert as_alice.post(f"{BASE}new/", sent).status_code == 302
    assert value(key, "u", plan="pro", seats=7) is True
    assert value(key, "u", plan="pro", seats=3) is False
    page = as_alice.post(f"{BASE}audiences/{audience.pk}/delete/", follow=True).content.decode()
    assert "new-basket use it" in page
    as_alice.post(f"{BASE}audiences/{audience.pk}/", rows | {"c-0-1-value": "3"})
    assert value(key, "u", plan="pro", seats=3) is True
    assert as_alice.post(f"{BASE}audiences/new/", rows | {"name": "Big pros"}).status_code == 422
    circle = rows | {"c-0-0-operator": "in", "c-0-0-key": "", "c-0-0-value": "Big pros"}
    answer = as_alice.post(f"{BASE}audiences/{audience.pk}/", circle)
    assert "part of itself" in answer.content.decode()
    assert as_alice.get(f"{BASE}audiences/").status_code == 200
