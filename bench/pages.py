"""Prints how long the pages take on the server: 10,000 issues and 5 million error facts, then ten times the facts.

    python bench/pages.py [--facts 5000000] [--growth 10] [--issues 10000] [--scale 1] [--check]

Runs in a folder of its own (var/bench/pages), on the embedded servers; a logged-in person's requests go through
Django's test client, middleware, audit entry and template included. Medians of `--times`, warm. `--scale 0.02` is the
short form. With `--check` it exits 1 where a page misses its aim.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench" / "pages"
sys.path.insert(0, str(ROOT))
os.environ["OBS_VAR_DIR"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "formaos_obs.settings"

from formaos_obs import embedded  # noqa: E402

if __name__ == "__main__":
    embedded.stop()
    shutil.rmtree(HOME, ignore_errors=True)
    embedded.ensure()
    os.environ["DATABASE_URL"] = embedded.urls().database  # the owner's: it empties tables

import django  # noqa: E402

django.setup()

import duckdb  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from analytics.rollups import filling  # noqa: E402
from dashboard.samples import sample_error  # noqa: E402
from events.accounts import projects  # noqa: E402
from events.facts import files, segments  # noqa: E402
from events.facts.segments import Place  # noqa: E402
from events.ingest import inbox, payloads  # noqa: E402
from events.issues import counters  # noqa: E402
from events.models import Environment, Issue, Project, Segment  # noqa: E402

DAYS = 30
LIST, PAGE = 150.0, 200.0
# Few issues have most of the errors, as everywhere: the share falls with the cube.
FACTS = """
    WITH drawn AS (SELECT random() AS a, random() AS b, random() AS c FROM range($rows))
    SELECT $day::TIMESTAMPTZ + INTERVAL 1 SECOND * floor(a * 86400) AS "at",
           replace(uuid()::VARCHAR, '-', '') AS event_id, replace(uuid()::VARCHAR, '-', '') AS trace_id,
           md5(floor($issues * b * b * b)::INT::VARCHAR) AS group_hash,
           ['error', 'error', 'error', 'warning', 'fatal'][1 + floor(5 * c)::INT] AS level,
           'Error' || floor(40 * b)::INT AS type, ['production', 'staging'][1 + floor(1.2 * c)::INT] AS environment,
           'shop@1.' || floor(30 * c)::INT AS release, 'python' AS platform, '/orders/' || floor(50 * b)::INT AS route,
           'https://shop.example/orders/' || floor(5000 * c)::INT AS url, 'sentry.python 2' AS sdk,
           floor(100000 * a)::BIGINT AS user_key, 9000 AS size, true AS handled, "at" AS received_at,
           map(['browser', 'browser.name', 'os', 'server_name', 'url', 'customer', 'runtime'],
               ['Chrome ' || floor(20 * a)::INT, 'Chrome', 'Windows 1' || floor(3 * b)::INT,
                'web-' || floor(8 * a)::INT,
                'https://shop.example/orders/' || floor(5000 * c)::INT, 'c' || floor(2000 * b)::INT,
                'CPython 3.1' || floor(3 * c)::INT]) AS tags
    FROM drawn ORDER BY group_hash, "at"
"""
ISSUES = """
    INSERT INTO events_issue (project_id, title, type, value, culprit, level, platform, kind, status, is_regressed,
        first_seen_at, last_seen_at, event_count, user_count, first_release, last_release, resolved_in_release,
        resolved_in_next)
    SELECT %(project)s, 'Error' || n %% 40 || ': number ' || n || ' went wrong', 'Error' || n %% 40,
        'number ' || n || ' went wrong', 'shop.module' || n %% 300 || ' in act', 'error', 'python', 'error',
        (ARRAY['unresolved', 'unresolved', 'unresolved', 'unresolved', 'resolved'])[1 + n %% 5], n %% 50 = 0,
        %(now)s - interval '40 days', %(now)s - interval '1 minute' * (n %% 20000), 0, 0, 'shop@1.0', 'shop@1.29', '',
        false
    FROM generate_series(0, %(issues)s - 1) AS n ORDER BY n
"""
GROUPS = """
    INSERT INTO events_issuegroup (project_id, issue_id, first_issue_id, hash, version, components, title, culprit,
        first_seen_at, last_seen_at, event_count, user_count)
    SELECT project_id, id, id, md5((row_number() OVER (ORDER BY id) - 1)::text)::uuid, 1, '[]', title, culprit,
        first_seen_at, last_seen_at, 0, 0
    FROM events_issue WHERE project_id = %(project)s
"""
OCCURRENCES = """
    INSERT INTO events_occurrence (project_id, group_id, event_id, ordinal, at, received_at, digested_at, environment,
        release, payload)
    SELECT project_id, id, gen_random_uuid(), n, last_seen_at - interval '1 hour' * (50 - n), last_seen_at,
        last_seen_at, 'production', 'shop@1.29', %(payload)s
    FROM events_issuegroup, generate_series(1, CASE WHEN id %% 50 = 0 THEN 50 ELSE 2 END) AS n
    WHERE project_id = %(project)s
"""
COUNTS = """
    WITH summed AS (SELECT group_id, sum(count) AS total FROM events_grouphour GROUP BY 1),
    grouped AS (UPDATE events_issuegroup g SET event_count = total, user_count = least(total, 9000) FROM summed
                WHERE g.id = group_id RETURNING g.issue_id, total)
    UPDATE events_issue i SET event_count = total, user_count = least(total, 9000) FROM grouped WHERE i.id = issue_id
"""
ENVIRONMENTS = """
    INSERT INTO events_groupenvironment (group_id, environment, last_hour, as_of, late, early)
    SELECT group_id, environment, max(hour), 'epoch', 1, 0 FROM events_grouphour GROUP BY 1, 2
"""


def main() -> None:
    options = _options()
    issues = max(100, int(options.issues * options.scale))
    project, client = _installation(issues)
    small = int(options.facts * options.scale)
    results = []
    for facts in (small, small * options.growth):
        began = time.perf_counter()
        _fill(project, facts=facts, issues=issues)
        disk = sum(Segment.objects.values_list("bytes", flat=True)) / 1e6
        seconds = time.perf_counter() - began
        print(
            f"{facts:>12,} facts of {issues:,} issues made in {seconds:.0f} s, {disk:,.0f} MB of segments", flush=True
        )
        results.append(_measure(client, _pages(project), times=options.times))
    missed = _print(results, [small, small * options.growth])
    embedded.stop()
    sys.exit(1 if options.check and missed else 0)


def _installation(issues: int) -> tuple[Project, Client]:
    now = timezone.now()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    inbox.ensure_partitions(now=now)
    owner = get_user_model().objects.create_superuser("bench", "", os.urandom(8).hex())
    project = projects.create("bench", "Bench", owner=owner, now=now)
    Project.objects.update(first_event_at=now)
    Environment.objects.bulk_create(Environment(project=project, name=name) for name in ("production", "staging"))
    bound = {"project": project.pk, "now": now, "issues": issues, "payload": payloads.pack(sample_error.event(now=now))}
    with connection.cursor() as cursor:
        for statement in (ISSUES, GROUPS, OCCURRENCES):
            cursor.execute(statement, bound)
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return project, client


def _fill(project: Project, *, facts: int, issues: int) -> None:
    """Facts of DAYS days that end today, and the hourly counts that the digest would have made of them."""
    for segment in Segment.objects.all():
        (Path(files.root().url("")) / segment.path).unlink(missing_ok=True)
    Segment.objects.all().delete()
    database, now = duckdb.connect(), timezone.now()
    database.execute("SET TimeZone = 'UTC'")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_grouphour, events_groupenvironment")
        cursor.execute("SELECT hash::text, id FROM events_issuegroup")
        groups = {found.replace("-", ""): pk for found, pk in cursor.fetchall()}
    for age in range(DAYS):
        day = (now - timedelta(days=age)).date()
        bound = {"rows": facts // DAYS, "day": day.isoformat(), "issues": issues}
        # Today's end is ahead of the clock; its facts are there all the same, and pages do not ask for them.
        found = database.execute(FACTS, bound).to_arrow_reader(100_000)
        segment = segments.write_sorted(Place(project.pk, "errors", day), found, level=3, now=now)
        segment.save()
        _count_hours(database, groups, files.root().url(segment.path))
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        cursor.execute(ENVIRONMENTS)
    # A row without a trend of its own is counted as any of an hour gone by.
    counters.count_trends(now=now)
    filling.refill(project, "errors")
    # The latest days come first, and pages ask for two.
    filling.roll_up(now=now, seconds=60.0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _count_hours(database: duckdb.DuckDBPyConnection, groups: dict[str, int], url: str) -> None:
    counted = database.execute(
        "SELECT group_hash, date_trunc('hour', \"at\")::VARCHAR, environment, count(*)"
        " FROM read_parquet($1) GROUP BY ALL", [url],
    ).fetchall()  # fmt: skip
    with connection.cursor() as cursor:
        statement = "COPY events_grouphour (group_id, hour, environment, count) FROM STDIN"
        with cursor.connection.cursor() as raw, raw.copy(statement) as copy:
            for group, hour, environment, count in counted:
                copy.write_row((groups[group], hour, environment, count))


def _pages(project: Project) -> dict[str, tuple[str, float]]:
    """Address and aim by name."""
    base = f"/p/{project.slug}/"
    ranked = list(Issue.objects.order_by("-event_count").values_list("pk", flat=True))
    return {
        "issue list": (f"{base}issues/", LIST),
        "issue list, one environment": (f"{base}issues/?env=production", LIST),
        "issue list by trend": (f"{base}issues/?sort=trend", LIST),
        "issue list, a tag searched": (f"{base}issues/?query=customer:c77", LIST),
        "issue page, largest issue": (f"{base}issues/{ranked[0]}/", PAGE),
        "issue page, middling issue": (f"{base}issues/{ranked[len(ranked) // 2]}/", PAGE),
        "overview": (base, PAGE),
    }


def _measure(client: Client, pages: dict[str, tuple[str, float]], *, times: int) -> dict[str, tuple[float, float]]:
    """(median ms, aim) by page."""
    found = {}
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        for name, (address, aim) in pages.items():
            taken = []
            for _ in range(times + 1):
                began = time.perf_counter()
                status = client.get(address).status_code
                taken.append((time.perf_counter() - began) * 1000)
                if status != 200:
                    sys.exit(f"{address} answered {status}")
            found[name] = (statistics.median(taken[1:]), aim)
    return found


def _print(results: list[dict[str, tuple[float, float]]], sizes: list[int]) -> bool:
    """Print one line a page; return whether any missed its aim at either size."""
    print(f"\n{'median server time, ms':32}{sizes[0]:>14,}{sizes[1]:>14,}{'growth':>9}{'aim':>7}")
    missed = False
    for name, (before, aim) in results[0].items():
        after = results[1][name][0]
        late = max(before, after) > aim
        missed |= late
        print(f"{name:32}{before:14.0f}{after:14.0f}{after / before:8.2f}x{aim:7.0f}{'  MISSED' if late else ''}")
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return missed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=5_000_000)
    parser.add_argument("--growth", type=int, default=10)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--scale", type=float, default=1.0, help="Of facts and issues.")
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--check", action="store_true", help="Exit 1 where a page misses its aim.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
