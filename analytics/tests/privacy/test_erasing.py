"""One person taken away and taken along: nothing of them stays, nothing of others goes."""

import json
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from analytics.flags import changing
from analytics.models import Erasure
from analytics.privacy import erasing, exporting, places
from analytics.tests.flags import make as make_flags
from events.facts import compaction, files, iceberg, open_tables
from events.facts import erasing as of_facts
from events.facts.schema import FACTS
from events.ingest import accounting, dead_letters, payloads
from events.models import AuditEntry, DeadLetter, InboxItem, Occurrence, Person, Project, Segment
from events.persons import reading
from events.tests.intake import digested, facts, post

pytestmark = pytest.mark.django_db(transaction=True)
ERROR = {"exception": {"values": [{"type": "KeyError", "value": "basket"}]}, "level": "error", "platform": "python"}


@pytest.fixture
def named(project: Project) -> Project:
    project.analytics = "identified"
    project.save()
    return project


def send(key: Any, *events: dict[str, Any]) -> None:
    body = json.dumps({"api_key": key.public_key, "batch": events})
    assert Client().post("/batch/", body, content_type="application/json").status_code == 200


def live(key: Any, person: str, anonymous: str) -> None:
    """What somebody leaves behind: views, a login, an error."""
    send(
        key,
        {"event": "$pageview", "distinct_id": anonymous, "properties": {"$current_url": "https://shop.example/"}},
        {"event": "$identify", "distinct_id": person, "$set": {"plan": "team"},
         "properties": {"$anon_distinct_id": anonymous}},
        {"event": "paid", "distinct_id": person},
    )  # fmt: skip
    assert post(key, "store/", json.dumps({**ERROR, "user": {"id": person}}).encode()).status_code == 200


def traces(project: Project, *distinct_ids: str) -> list[str]:
    """Where a pseudonym of these ids still stands, in any table or file."""
    keys = [reading.visitor_of(project, one) for one in distinct_ids]
    needles = [str(key) for key in keys] + [f"u_{key % 2**64:016x}" for key in keys]
    found = []
    for model in apps.get_models():
        if model._meta.label == "analytics.Erasure":
            continue  # encrypted until it is done, which the test of its end looks at
        for row in model._default_manager.values_list():
            text = " ".join(map(_readable, row))
            found += [model._meta.label for needle in needles if needle in text]
    for path in Path(files.root().url("")).rglob("*.parquet"):
        text = str(pq.read_table(path, partitioning=None).to_pylist())
        found += [path.parts[-4] for needle in needles if needle in text]
    return found


def _readable(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        for read in (payloads.unpack_bytes, zlib.decompress):
            try:
                return read(data).decode(errors="replace")
            except (zstandard.ZstdError, zlib.error):
                continue
        return data.decode(errors="replace")
    return str(value)


def swept(at: datetime) -> None:
    compaction.sweep(now=at + compaction.GRACE + timedelta(minutes=1))


def test_nothing_of_somebody_stays_and_nothing_of_others_goes(named: Project, key: Any, alice: Any) -> None:
    live(key, "ada", "anon-1")
    live(key, "eve", "anon-2")
    digested(named)
    flag = make_flags.stored(named, "pay")
    changing.put_override(flag, "ada", True, actor=alice, now=timezone.now())
    changing.put_override(flag, "eve", True, actor=alice, now=timezone.now())
    before = traces(named, "ada", "anon-1")
    assert {"events.PersonId", "events.GroupUser", "events.Occurrence", "events", "errors"} <= set(before)
    others = len(traces(named, "eve", "anon-2"))
    now = timezone.now()
    made = erasing.request(named, ["anon-1"], actor=alice, now=now)
    swept(now)
    assert traces(named, "ada", "anon-1") == []
    assert len(traces(named, "eve", "anon-2")) == others
    assert made.erased == {
        "events kept in full": 1, "facts errors": 1, "facts events": 3, "persons": 1, "users of issues": 1,
    }  # fmt: skip
    assert flag.overrides.count() == 2, "an id that nobody said cannot be found where it is kept under another name"
    erasing.request(named, ["ada"], actor=alice, now=now)
    assert flag.overrides.count() == 1
    assert accounting.report(project_id=named.pk).difference == 0
    assert Person.objects.count() == 1
    assert Occurrence.objects.count() == 1
    assert {row["event"] for row in facts(named, "events")} == {"$pageview", "$identify", "paid"}


def test_what_was_on_its_way_goes_with_a_later_look_and_the_receipt_is_signed(
    named: Project, key: Any, alice: Any
) -> None:
    live(key, "ada", "anon-1")
    now = timezone.now()
    made = erasing.request(named, ["ada"], actor=alice, now=now)
    digested(named)
    assert traces(named, "ada", "anon-1"), "it was in the inbox"
    assert erasing.tick(now=now + timedelta(hours=1)) == 0
    assert erasing.tick(now=now + erasing.LOOKS[0]) == 1
    swept(now + erasing.LOOKS[0])
    assert traces(named, "ada") == []
    assert erasing.tick(now=now + erasing.LOOKS[1]) == 1
    assert erasing.tick(now=now + timedelta(days=9)) == 0
    made.refresh_from_db()
    assert (made.subject, made.looks, made.done_at) == (None, 3, now + erasing.LOOKS[1])
    document = erasing.receipt(made)
    assert document["erased"]["facts errors"] == 1
    assert erasing.is_genuine(document, made.signature)
    assert not erasing.is_genuine({**document, "erased": {}}, made.signature)
    actions = AuditEntry.objects.filter(project_id=named.pk, object_id=str(made.uuid)).values_list("action", flat=True)
    assert set(actions) == {"erasure.request", "erasure.done"}


def test_a_dead_letter_that_names_them_goes_and_the_ledger_holds(named: Project, key: Any, alice: Any) -> None:
    live(key, "ada", "anon-1")
    live(key, "eve", "anon-2")
    now = timezone.now()
    for item in InboxItem.objects.all():
        dead_letters.bury(item, ValueError("no"), now=now)
        item.delete()
    letters = DeadLetter.objects.count()
    made = erasing.request(named, ["ada"], actor=alice, now=now)
    assert 0 < made.erased["dead letters"] == letters - DeadLetter.objects.count()
    assert accounting.report(project_id=named.pk).difference == 0
    assert accounting.report(project_id=named.pk).filtered["erased"] > 0


def test_a_file_that_held_only_theirs_is_gone_and_a_request_without_an_id_is_refused(
    named: Project, key: Any, alice: Any
) -> None:
    send(key, {"event": "paid", "distinct_id": "ada"})
    digested(named)
    erasing.request(named, ["ada"], actor=alice, now=timezone.now())
    assert not Segment.objects.filter(project=named, fact="events").exists()
    for ids in ([], [" "], ["x"] * 101):
        with pytest.raises(ValidationError):
            erasing.request(named, ids, actor=alice, now=timezone.now())
    assert Erasure.objects.count() == 1


def test_everything_of_somebody_can_be_taken_along(named: Project, key: Any, capsys: Any) -> None:
    live(key, "ada", "anon-1")
    live(key, "eve", "anon-2")
    digested(named)
    call_command("export_person", named.slug, "anon-1")
    document = json.loads(capsys.readouterr().out)
    assert [one["properties"] for one in document["persons"]] == [{"plan": "team"}]
    assert len(document["ids"]) == 2
    assert {name: len(rows) for name, rows in document["facts"].items()} == {"errors": 1, "events": 3}
    assert document["events_kept_in_full"][0]["exception"]["values"][0]["type"] == "KeyError"
    assert document["more_than_shown"] == []
    assert str(reading.visitor_of(named, "eve")) not in str(document)
    assert AuditEntry.objects.filter(action="person.export", project_id=named.pk).count() == 1
    call_command("erase_person", named.slug, "anon-1")
    assert '"facts events": 3' in capsys.readouterr().out
    assert exporting.export(named, ["ada"], actor="test", now=timezone.now())["facts"] == {}


def test_every_table_and_fact_that_says_whose_a_row_is_is_known() -> None:
    words = ("visitor", "user_key", "person", "distinct", "contact")
    known = {model._meta.label for model in places.MODELS}
    having = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in ("events", "analytics", "alerts", "dashboard")
        and any(word in field.name for field in model._meta.concrete_fields for word in words)
    }
    assert having - known == set()
    for fact in FACTS.values():
        named = {name for name in fact.schema.names if any(word in name for word in words)}
        assert named <= set(of_facts.PERSON_COLUMNS), fact.name
        assert bool(named) is (fact.name in places.FACTS_OF_PEOPLE)


def test_the_open_tables_forget_them_too(named: Project, key: Any, django_capture_on_commit_callbacks: Any) -> None:
    live(key, "ada", "anon-1")
    live(key, "eve", "anon-2")
    digested(named)
    now = timezone.now()
    open_tables.publish(now=now)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            erasing.request(named, ["ada"], actor="test", now=now)
        with iceberg.catalogue() as catalogue:
            table = catalogue.load_table("facts.events")
            kept = {row["visitor"] for row in table.scan().to_arrow().to_pylist()}
            assert len(table.snapshots()) == 1
        assert reading.visitor_of(named, "eve") in kept
        assert reading.visitor_of(named, "ada") not in kept
    finally:
        open_tables.withdraw()
