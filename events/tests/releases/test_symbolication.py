"""Minified stack traces arrive in original source, by the maps of their own project only."""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.digest import loop
from events.ingest import inbox, payloads
from events.ingest.payloads import Packed
from events.models import Artifact, ArtifactBundle, IngestKey, Issue, Occurrence, Project
from events.releases import symbolication
from events.releases.symbolication import Maps

SAMPLES = Path(__file__).parents[1] / "samples" / "sourcemaps"
DEBUG_ID = uuid.UUID(int=7)
FILE = "https://shop.example/static/main.js"
SOURCE = ["export function total(basket) {", "  return basket.total.toFixed(2);", "}"]
# One segment: line 1, column 0 of the built file is line 2, column 9 of the source.
MAP = {
    "version": 3,
    "sources": ["../src/total.ts"],
    "sourcesContent": ["\n".join(SOURCE)],
    "names": [],
    "mappings": "AACS",
}


def event(*, number: int = 1, debug_id: uuid.UUID | None = DEBUG_ID, file: str = FILE, **fields: Any) -> dict[str, Any]:
    frame = {"filename": file, "function": "t", "lineno": 1, "colno": 5, "in_app": True}
    sent = {
        "event_id": uuid.UUID(int=number).hex,
        "platform": "javascript",
        "level": "error",
        "exception": {"values": [{"type": "TypeError", "value": "no total", "stacktrace": {"frames": [frame]}}]},
    }
    if debug_id:
        sent["debug_meta"] = {"images": [{"type": "sourcemap", "code_file": file, "debug_id": str(debug_id)}]}
    return sent | fields


def upload(project: Project, content: dict[str, Any] | None = None, *, release: str = "", **fields: Any) -> Artifact:
    bundle = ArtifactBundle.objects.create(
        project=project, checksum=uuid.uuid4().hex, state=ArtifactBundle.State.OK, release=release
    )
    raw = json.dumps(content or MAP).encode()
    values = {"kind": Artifact.Kind.SOURCE_MAP, "debug_id": DEBUG_ID, "url": "~/static/main.js.map"} | fields
    return Artifact.objects.create(
        bundle=bundle, project=project, size=len(raw), content=payloads.pack_bytes(raw), **values
    )


def frame_of(event: Any) -> dict[str, Any]:
    return event["exception"]["values"][0]["stacktrace"]["frames"][0]


@pytest.fixture
def other(db: None) -> Project:
    return Project.objects.create(slug="other", name="Other")


def test_a_frame_is_shown_in_the_source_it_was_built_from(project: Project) -> None:
    upload(project)
    sent = event()
    found = symbolication.original(sent, project_id=project.pk, maps=Maps())
    assert found is not None
    frame = frame_of(found)
    assert (frame["filename"], frame["lineno"], frame["function"]) == ("src/total.ts", 2, "total")
    assert (frame["pre_context"], frame["context_line"]) == (SOURCE[:1], SOURCE[1])
    assert frame["data"]["orig_filename"] == FILE
    assert frame_of(sent)["filename"] == FILE, "what was given stays as it was"


def test_a_second_pass_changes_nothing(project: Project) -> None:
    upload(project)
    once = symbolication.original(event(), project_id=project.pk, maps=Maps())
    assert symbolication.original(once or {}, project_id=project.pk, maps=Maps()) is None


def test_a_debug_id_of_another_project_finds_nothing(project: Project, other: Project) -> None:
    upload(other)
    assert symbolication.original(event(), project_id=project.pk, maps=Maps()) is None


def test_without_debug_id_release_and_address_find_the_map(project: Project) -> None:
    artifact = upload(project, release="web@2", debug_id=None)
    Artifact.objects.create(
        bundle=artifact.bundle, project=project, kind=Artifact.Kind.MINIFIED, size=1, content=b"",
        url="~/static/main.js", source_map_url="~/static/main.js.map",
    )  # fmt: skip
    found = symbolication.original(event(debug_id=None, release="web@2"), project_id=project.pk, maps=Maps())
    assert frame_of(found)["filename"] == "src/total.ts"
    assert symbolication.original(event(debug_id=None, release="web@1"), project_id=project.pk, maps=Maps()) is None


def test_what_a_map_brings_in_is_scrubbed(project: Project) -> None:
    secret = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
    lines = ["const password = 'hunter2hunter2';", f"call('{secret}');"]
    upload(project, MAP | {"sourcesContent": ["\n".join(lines)]})
    found = symbolication.original(event(), project_id=project.pk, maps=Maps())
    assert "src/total.ts" in json.dumps(found)
    assert secret not in json.dumps(found)
    assert "hunter2" not in json.dumps(found)


def test_a_project_with_an_allow_list_gets_no_source_it_does_not_allow(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(uses_allow_list=True, allow_list=["event_id", "lineno"])
    upload(project)
    found = symbolication.original(event(), project_id=project.pk, maps=Maps())
    assert frame_of(found)["lineno"] == 2
    assert "basket" not in json.dumps(found)


@pytest.mark.parametrize(
    "broken",
    [
        event(platform="python"),
        event(exception=None),
        event(exception={"values": [None, 3, {"stacktrace": 4}, {"stacktrace": {"frames": [None, "x", {}]}}]}),
        event(
            debug_meta={"images": [None, {"type": "sourcemap"}, {"type": "sourcemap", "code_file": 3, "debug_id": 1}]}
        ),
        event(debug_meta=[], release=7),
        event(file="http://[", release="web@2", debug_id=None),
    ],
)
def test_events_of_any_shape_pass_unchanged(project: Project, broken: dict[str, Any]) -> None:
    upload(project, release="web@2", debug_id=uuid.UUID(int=8))
    assert symbolication.original(broken, project_id=project.pk, maps=Maps()) is None


def test_a_map_that_cannot_be_read_changes_nothing(project: Project) -> None:
    upload(project, {"version": 9})
    assert symbolication.original(event(), project_id=project.pk, maps=Maps()) is None


def test_a_batch_asks_once_however_many_events_it_has(project: Project) -> None:
    upload(project)
    maps = Maps()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for number in range(1, 50):
            assert symbolication.original(event(number=number), project_id=project.pk, maps=maps)
    assert len(queries) <= 3
    with CaptureQueriesContext(connection) as queries:
        for number in range(1, 50):
            symbolication.original(event(number=number, debug_id=uuid.UUID(int=99)), project_id=project.pk, maps=maps)
    assert len(queries) == 1


def test_the_digest_groups_and_keeps_the_original_source(project: Project, key: IngestKey, now: datetime) -> None:
    upload(project)
    item = Packed("error", uuid.UUID(int=1), 1, payloads.pack(event()))
    inbox.accept([item], project_id=project.pk, key_id=key.pk, now=now)
    loop.run(now=now)
    assert frame_of(payloads.unpack(Occurrence.objects.get().payload))["context_line"] == SOURCE[1]
    assert "total" in Issue.objects.get().culprit


def test_a_map_uploaded_afterwards_is_used_on_the_page(project: Project) -> None:
    assert symbolication.for_display(event(), project) == event()
    upload(project)
    assert frame_of(symbolication.for_display(event(), project))["filename"] == "src/total.ts"
    assert symbolication.for_display(["not an event"], project) == ["not an event"]


def test_maps_that_a_process_no_longer_keeps_are_read_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolication, "CACHED_BYTES", 400)
    for number in range(1, 6):
        upload(project, debug_id=uuid.UUID(int=number))
    for _ in range(2):
        for number in range(1, 6):
            found = symbolication.original(event(debug_id=uuid.UUID(int=number)), project_id=project.pk, maps=Maps())
            assert frame_of(found)["filename"] == "src/total.ts"
