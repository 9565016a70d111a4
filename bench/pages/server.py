"""Prints how long pages take on the server as facts grow: 10,000 issues and 5 million error facts, then ten times them.

    python -m bench.pages.server [--facts 5000000] [--growth 10] [--issues 10000] [--scale 1] [--check]

Runs in a folder of its own (var/bench/pages-server), on the embedded servers; a logged-in person's requests go through
Django's test client, middleware, audit entry and template included. Medians of `--times`, warm. `--scale 0.02` is the
short form. With `--check` it exits 1 where a page misses its aim.
"""

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import begin_anew

begin_anew("pages-server")

from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from analytics.rollups import filling  # noqa: E402
from bench.pages import facts, installation  # noqa: E402
from events.facts import files  # noqa: E402
from events.models import Issue, Project, Segment  # noqa: E402
from formaos_obs import embedded  # noqa: E402

DAYS = 30
LIST, PAGE = 150.0, 200.0


def main() -> None:
    options = _options()
    issues = max(100, int(options.issues * options.scale))
    project, owner = installation.prepare(issue_count=issues)
    client, _ = installation.signed_in(owner)
    small = int(options.facts * options.scale)
    sizes = [small, small * options.growth]
    results = []
    for count in sizes:

        def draw(now: datetime, count: int = count) -> None:
            for segment in Segment.objects.all():
                (Path(files.root().url("")) / segment.path).unlink(missing_ok=True)
                segment.delete()
            facts.draw(project, "errors", count=count, days=DAYS, issues=issues, now=now)

        # The latest days come first, and pages ask for two.
        installation.fill(project, draw, roll_up=lambda now: filling.roll_up(now=now, seconds=60.0))
        results.append(_measure(client, _pages(project), times=options.times))
    missed = _print(results, sizes)
    embedded.stop()
    sys.exit(1 if options.check and missed else 0)


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
