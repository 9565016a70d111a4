import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from dashboard.exports import runs
from dashboard.exports.runs import BadState
from events.accounts import audit
from events.facts import compaction
from events.models import AuditEntry, Issue, Project
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def export(path: Path, name: str = "errors", **options: Any) -> list[dict[str, Any]]:
    runs.export(name, path=path, **{"now": NOW + DAY, **options})
    return lines(path)


@pytest.fixture
def week(project: Project) -> list[str]:
    """Seven days of errors, twenty a day, in a second project too."""
    other = Project.objects.create(slug="other", name="Other")
    made = [rows.error(n, at=NOW - (n % 7) * DAY, release=f"1.{n % 2}", tags={"n": str(n % 3)}) for n in range(140)]
    rows.store(project, *made)
    rows.store(other, rows.error("other"))
    return sorted(row["event_id"] for row in made)


def test_every_fact_is_exported_once_in_order_with_its_project(
    project: Project, week: list[str], tmp_path: Path
) -> None:
    found = export(tmp_path / "x", project=project)
    assert sorted(row["event_id"] for row in found) == week
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    assert (found[-1]["project"], found[-1]["at"]) == ("web", "2026-11-23T12:00:00Z")
    assert set(found[-1]["tags"]) == {"n"}
    assert len(export(tmp_path / "all")) == 141


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"start": NOW - 2 * DAY}, 60),
        ({"end": NOW - 2 * DAY}, 80),
        ({"start": NOW - 2 * DAY, "end": NOW}, 40),
        ({"filters": {"release": "1.0"}}, 70),
        ({"filters": {"tags.n": "0", "release": "1.1"}}, 23),
        ({"filters": {"release": "' OR true --"}}, 0),
        ({"start": NOW + DAY / 2}, 0),
    ],
)
def test_period_and_filters_choose(project: Project, week: list[str], tmp_path: Path, options: Any, count: int) -> None:
    assert len(export(tmp_path / "x", project=project, **options)) == count


def test_csv_quotes_formulas_and_keeps_nested_values_as_json(project: Project, tmp_path: Path) -> None:
    rows.store(
        project,
        *(rows.error(n, type=t, tags={"a": "b"}) for n, t in enumerate(["=1+1", "+x", "-x", "@x", "\tx", "x=1"])),
    )
    runs.export("errors", form="csv", path=tmp_path / "x.csv", now=NOW + DAY)
    found = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))
    assert sorted(row["type"] for row in found) == sorted(["'=1+1", "'+x", "'-x", "'@x", "'\tx", "x=1"])
    assert found[0]["tags"] == '{"a":"b"}'
    assert found[0]["at"] == "2026-11-23T12:00:00Z"


def test_parquet_is_a_folder_of_files_with_types(project: Project, week: list[str], tmp_path: Path) -> None:
    runs.export("errors", form="parquet", path=tmp_path / "out", project=project, now=NOW + DAY)
    table = pq.read_table(tmp_path / "out")
    assert sorted(table["event_id"].to_pylist()) == week
    assert str(table.schema.field("tags").type) == "map<string, string ('tags')>"
    assert len(list((tmp_path / "out").iterdir())) == 7


def test_issues_and_the_audit_trail_are_exported_too(project: Project, tmp_path: Path) -> None:
    Issue.objects.create(project=project, title='=HYPERLINK("x")', first_seen_at=NOW, last_seen_at=NOW)
    (issue,) = export(tmp_path / "issues", "issues")
    assert (issue["project"], issue["title"], issue["status"]) == ("web", '=HYPERLINK("x")', "unresolved")
    assert export(tmp_path / "none", "issues", filters={"status": "resolved"}) == []
    later = export(tmp_path / "audit", "audit", filters={"action": "export"}, now=NOW + 2 * DAY)
    assert [entry["object_id"] for entry in later] == ["issues", "issues"]
    runs.export("audit", form="parquet", path=tmp_path / "audit.parquet", now=NOW + 2 * DAY)
    kept = pq.read_table(tmp_path / "audit.parquet")["mac"].to_pylist()
    assert kept == [bytes(entry.mac).hex() for entry in AuditEntry.objects.order_by("id")[:2]]


def test_each_export_is_in_the_audit_trail_before_a_row_leaves(
    project: Project, tmp_path: Path, monkeypatch: Any
) -> None:
    rows.store(project, rows.error(1))
    monkeypatch.setattr(runs, "_copy", lambda *args: 0)
    runs.export("errors", project=project, filters={"level": "error"}, path=tmp_path / "x", now=NOW + DAY)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.project_id, entry.object_id) == ("export", project.pk, "errors")
    assert entry.detail == {"format": "ndjson", "is_continued": False, "filters": ["level"]}
    assert not audit.verify().problems


class Killed(BaseException):
    """Stands for the process ending."""


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_a_run_that_died_is_continued_without_doubles_or_gaps(
    project: Project, week: list[str], tmp_path: Path, form: str
) -> None:
    path = tmp_path / "x"

    def run(stop_after: int) -> None:
        def tell(progress: runs.Progress) -> None:
            if progress.done == stop_after:
                raise Killed

        runs.export("errors", project=project, form=form, path=path, tell=tell, now=NOW + DAY)

    for stop_after in (2, 5):
        with pytest.raises(Killed):
            run(stop_after)
        if form == "parquet":
            (path / "zzz.partial").write_bytes(b"half a file")
        else:
            with path.open("ab") as file:
                file.write(b'{"half a li')
        rows.store(project, rows.error("late", at=NOW + DAY + timedelta(hours=1)), now=NOW + DAY)
        compaction.compact(now=NOW)
    run(0)
    if form == "ndjson":
        found = [row["event_id"] for row in lines(path)]
    elif form == "csv":
        found = [row["event_id"] for row in csv.DictReader(io.StringIO(path.read_text()))]
    else:
        found = [
            event_id for file in path.glob("*.parquet") for event_id in pq.read_table(file)["event_id"].to_pylist()
        ]
    assert sorted(found) == week
    assert not path.with_name("x.state").exists()


def test_a_finished_or_different_export_is_not_written_over(project: Project, week: list[str], tmp_path: Path) -> None:
    path = tmp_path / "x"
    export(path)
    with pytest.raises(BadState, match="there already"):
        export(path)

    def dies(progress: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        export(tmp_path / "y", tell=dies)
    with pytest.raises(BadState, match="other options"):
        export(tmp_path / "y", project=project)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["errors", "--filter", "nonsense=1"], "nonsense is no column of errors; there are at, event_id"),
        (["errors", "--filter", "tags=1"], "tags.<name>"),
        (["errors", "--filter", "level"], "KEY=VALUE"),
        (["issues", "--filter", "nonsense=1"], "nonsense is no column"),
        (["errors", "--project", "none"], "no project 'none'"),
        (["errors", "--from", "yesterday"], "no date"),
        (["errors", "--format", "parquet"], "--output"),
    ],
)
def test_a_wrong_option_is_explained(project: Project, arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("export", *arguments)


def test_the_command_writes_to_standard_output(project: Project, capfdbinary: Any) -> None:
    rows.store(project, rows.error(1, at=NOW - 3 * DAY))
    call_command("export", "errors", "--project", "web", "--from", "2026-11-20", "--to", "2026-11-20")
    written = capfdbinary.readouterr()
    assert json.loads(written.out)["event_id"] == rows.hexed("event 1")
    assert written.err == b"1 rows.\n"


@pytest.mark.django_db(transaction=True)
def test_kill_minus_nine_loses_and_doubles_no_line(project: Project, tmp_path: Path) -> None:
    made = [rows.error(n, at=NOW - (1 + n % 30) * DAY, type="x" * 200) for n in range(15_000)]
    rows.store(project, *made)
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={at['HOST']}"
    environment = {**os.environ, "DATABASE_URL": url, "OBS_SEGMENT_ROOT": django_settings.OBS_SEGMENT_ROOT}
    path, state = tmp_path / "x", tmp_path / "x.state"
    command = [sys.executable, "-W", "ignore", "manage.py", "export", "errors", "--output", str(path)]
    for _ in range(2):
        written = state.stat().st_mtime_ns if state.exists() else 0
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while (not state.exists() or state.stat().st_mtime_ns == written) and time.monotonic() < deadline:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    assert sorted(row["event_id"] for row in lines(path)) == sorted(row["event_id"] for row in made)
    assert not state.exists()
