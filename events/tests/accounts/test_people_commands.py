"""The commands that make projects, keys and tokens, and the one that verifies the audit trail."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from events.accounts import audit, dsn, tokens
from events.models import AuditEntry, IngestKey, Project


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().strip()


def test_create_project_prints_a_dsn_that_works(alice: Any, settings: Any) -> None:
    settings.OBS_PUBLIC_URL = "https://obs.example.org"
    printed = run("create_project", "shop", "--name", "Shop", "--owner", "alice")
    project = Project.objects.get(slug="shop")
    assert printed == f"https://{project.keys.get().public_key}@obs.example.org/{project.pk}"
    assert project.memberships.get(user=alice).role == "owner"
    assert AuditEntry.objects.get().via == "command"


@pytest.mark.parametrize("command", ["create_project", "create_key", "rotate_key"])
@pytest.mark.parametrize(
    ("noted", "host"),
    [
        ('{"url": "http://127.0.0.1:8601"}', "127.0.0.1:8601"),
        ('{"url": 5}', "127.0.0.1:8000"),
        ("[]", "127.0.0.1:8000"),
        ("cut", "127.0.0.1:8000"),
    ],
)
def test_a_dsn_has_the_address_that_runs(
    alice: Any, project: Project, key: Any, settings: Any, tmp_path: Any, command: str, noted: str, host: str
) -> None:
    settings.OBS_PUBLIC_URL, settings.OBS_VAR_DIR = "http://127.0.0.1:8000", tmp_path
    (tmp_path / "up.json").write_text(noted)
    named = {"create_project": "shop", "create_key": project.slug, "rotate_key": key.public_key}[command]
    assert f"@{host}/" in run(command, named)
    settings.OBS_PUBLIC_URL = "https://obs.example.org"
    assert "@obs.example.org/" in run("create_project", "other")


def test_scripts_get_a_key_without_limits_of_its_own(project: Project, key: Any) -> None:
    for limit in ({"rate_per_minute": 10}, {"allowed_origins": ["shop.example"]}, {"is_active": False}):
        project.keys.create(**limit)
    assert dsn.open_key(project) == key
    project.keys.filter(pk=key.pk).update(rate_per_minute=5)
    assert dsn.open_key(project) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_project", "web"),
        ("create_project", "not a slug"),
        ("create_project", "shop", "--owner", "nobody"),
        ("create_token", "nobody"),
        ("create_token", "bob", "--project", "nope"),
        ("create_token", "charlie", "--project", "web"),
        ("create_token", "bob", "--days", "-1"),
        ("create_key", "nope"),
        ("create_key", "web", "--origin", "a b"),
        ("rotate_key", "nope"),
        ("verify_audit", "--heads", "/no/such/file"),
    ],
)
def test_mistakes_are_told_and_change_nothing(
    project: Project, alice: Any, bob: Any, charlie: Any, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert AuditEntry.objects.count() == 0
    assert Project.objects.count() == 1


def test_create_token_prints_a_token_that_works(project: Project, alice: Any) -> None:
    secret = run("create_token", "alice", "--scope", "read", "--scope", "releases", "--project", "web", "--days", "30")
    token = tokens.find(secret, now=timezone.now())
    assert token is not None
    assert (token.user, token.project, token.scopes) == (alice, project, ["read", "releases"])


def test_a_token_ends_unless_never_is_said(alice: Any) -> None:
    ends = [
        tokens.find(run("create_token", "alice", *more), now=timezone.now()) for more in ((), ("--days", "0"))
    ]  # fmt: skip
    assert [token and token.expires_at is not None for token in ends] == [True, False]


def test_keys_are_made_and_rotated_with_overlap(key: IngestKey) -> None:
    run(
        "create_key",
        "web",
        "--label",
        "ios",
        "--rate",
        "60",
        "--origin",
        "https://App.example.org/",
        "--origin",
        "*.x.org",
    )
    made = IngestKey.objects.get(label="ios")
    assert (made.rate_per_minute, made.allowed_origins) == (60, ["*.x.org", "https://app.example.org"])
    printed = run("rotate_key", key.public_key, "--days", "2")
    key.refresh_from_db()
    assert key.is_active
    assert key.expires_at is not None
    assert 1.9 < (key.expires_at - timezone.now()).total_seconds() / 86400 < 2
    assert IngestKey.objects.order_by("-pk")[0].public_key in printed


def test_verify_audit_says_whole_and_then_broken(alice: Any, now: datetime, settings: Any, tmp_path: Path) -> None:
    settings.OBS_VAR_DIR = tmp_path
    for n in range(3):
        audit.record("test", actor=alice, obj=("issue", n), now=now)
    assert run("verify_audit", "--note-head").startswith("whole: 3 entries, 0 heads compared")
    assert json.loads(run("verify_audit", "--json"))["heads"] == 1
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute("DELETE FROM events_auditentry WHERE object_id = '2'")
        cursor.execute("ALTER TABLE events_auditentry ENABLE TRIGGER audit_append_only")
    with pytest.raises(SystemExit) as ended:
        run("verify_audit")
    assert ended.value.code == 1


def test_a_file_that_holds_no_heads_is_refused(db: None, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("what is this\nno idea at all really\n")
    with pytest.raises(CommandError, match="not a head"):
        run("verify_audit", "--heads", str(file))
