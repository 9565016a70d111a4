"""What a project keeps of people: careful from the first, changed by its owner, audited, followed by senders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.utils import timezone

from events.accounts import keys, projects
from events.ingest import intake
from events.models import AuditEntry, IngestKey, Project


@pytest.fixture(autouse=True)
def fresh() -> Any:
    keys.forget()
    yield
    keys.forget()


def test_a_new_project_is_careful(project: Project) -> None:
    assert {name: getattr(project, name) for name in projects.SWITCHES} == {
        "collects_user_data": False, "collects_ip": False, "keeps_machine_names": False, "keeps_pictures": False,
        "accepts_binary_attachments": False, "local_variables": "names", "request_bodies": "off",
        "query_strings": "off", "analytics": "anonymous", "small_groups": 10,
    }  # fmt: skip


def test_a_process_of_before_makes_a_careful_project(project: Project) -> None:
    """It writes no column that it does not know."""
    columns = [field.column for field in Project._meta.fields if field.column != "id" and not field.has_db_default()]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO events_project ({', '.join(columns)}) "
            f"SELECT {', '.join('%s' if column == 'slug' else column for column in columns)} FROM events_project "
            "WHERE id = %s",
            ["of-before", project.pk],
        )
    made = Project.objects.get(slug="of-before")
    assert (made.keeps_pictures, made.local_variables, made.query_strings) == (False, "names", "off")


def test_a_change_is_audited_and_followed_at_once(project: Project, key: IngestKey, alice: Any) -> None:
    assert keys.find(project.pk, key.public_key).request_bodies == "off"  # type: ignore[union-attr]
    switches = {"request_bodies": "scrubbed", "keeps_pictures": True, "collects_ip": False}
    assert projects.change_privacy(project, switches=switches, actor=alice, now=timezone.now()) == [
        "request_bodies", "keeps_pictures",
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="privacy.change")
    assert entry.detail == {"request_bodies": "scrubbed", "keeps_pictures": True}
    found = keys.find(project.pk, key.public_key)
    assert found is not None
    kept = intake.context_of(found, intake.Sender("", ""), timezone.now())
    assert (kept.request_bodies, kept.keeps_pictures, kept.local_variables) == ("scrubbed", True, "names")


def test_nothing_changed_is_no_entry(project: Project, alice: Any) -> None:
    assert projects.change_privacy(project, switches={"query_strings": "off"}, actor=alice, now=timezone.now()) == []
    assert not AuditEntry.objects.filter(action="privacy.change").exists()


@pytest.mark.parametrize("switches", [{"query_strings": "all"}, {"pepper": True}, {"keeps_pictures": "perhaps"}])
def test_a_switch_that_there_is_not_changes_nothing(project: Project, alice: Any, switches: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        projects.change_privacy(project, switches=switches, actor=alice, now=timezone.now())
    assert not AuditEntry.objects.filter(action="privacy.change").exists()
    project.refresh_from_db()
    assert project.query_strings == "off"


def test_a_key_noted_by_a_process_of_before_is_careful(key: IngestKey, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.find(key.project_id, key.public_key)
    file = keys._file(key.public_key)
    document = json.loads(file.read_text())
    for name in ("keeps_pictures", "keeps_machine_names", "local_variables", "request_bodies", "query_strings"):
        del document[name]
    file.write_text(json.dumps(document))
    keys.forget()

    def away(project_id: int | None, public_key: str) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(keys, "_load", away)
    monkeypatch.setattr(keys.connection, "close", lambda: None)  # the test's own transaction lives in it
    found = keys.find(key.project_id, key.public_key)
    assert found is not None
    assert (found.keeps_pictures, found.local_variables, found.request_bodies) == (False, "names", "off")
