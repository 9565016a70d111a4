"""Prints what every page costs a person: cold and warm in Chromium, at the end of 10 Mbps and 40 ms, 10 million facts.

    python -m bench.pages [--facts 10000000] [--issues 10000] [--scale 1] [--only issue] [--again] [--check]

Each page is opened once with nothing kept and once with all; one that misses an aim twice more, and medians count. What
the server spends on a page and on each of its cards is asked without the browser, three times. Runs in a folder of its
own (var/bench/pages), on the embedded servers and a web server as `manage.py up` runs it; `--again` takes the facts of
the run before. `--scale 0.01` is the short form. With `--check` it exits 1 where a page misses an aim.
"""

import argparse
import json
import os
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench import ROOT, begin, begin_anew
from bench.ingest import processes

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PARSER.add_argument("--facts", type=int, default=10_000_000)
PARSER.add_argument("--issues", type=int, default=10_000)
PARSER.add_argument("--scale", type=float, default=1.0, help="Of facts and issues.")
PARSER.add_argument("--only", default="", help="The pages whose name begins so; with commas between.")
PARSER.add_argument("--again", action="store_true", help="Of the facts of the run before.")
PARSER.add_argument("--check", action="store_true", help="Exit 1 where a page misses an aim.")
OPTIONS = PARSER.parse_args()
HOME = begin("pages", as_owner=True) if OPTIONS.again else begin_anew("pages")

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from playwright.sync_api import Error as BrowserError  # noqa: E402

from bench.pages import addresses, browser, facts, installation, report  # noqa: E402
from dashboard.tests.things import things  # noqa: E402
from events.tests.chromium import launched  # noqa: E402
from formaos_obs import embedded  # noqa: E402

DAYS = 30
TIMES = 3


def main() -> int:
    cookie, found = _installation()
    only = tuple(OPTIONS.only.split(","))
    chosen = {name: path for name, path in found.items() if name.startswith(only)}
    print(f"{report.HEAD}\n{report.AIMS}", flush=True)
    pages: list[report.Page] = []
    away: list[str] = []  # pages that did not come at all
    with _served() as base, launched() as chromium:
        browser.looks(chromium, f"{base}{found['home']}", cookie, warm=0)
        for name, path in chosen.items():
            try:
                page = _measured(chromium, name, f"{base}{path}", cookie)
            except (BrowserError, OSError) as error:
                away.append(name)
                print(f"{name:26}  MISSED {str(error).splitlines()[0]}", flush=True)
                continue
            print(page.line(), flush=True)
            pages.append(page)
    print(f"\n{report.summary(pages)}")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {len(pages)} pages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 1 if OPTIONS.check and (away or any(page.missed for page in pages)) else 0


def _installation() -> tuple[dict[str, str], dict[str, str]]:
    """The cookie of a login, and the address of every page by its name."""
    kept = HOME / "addresses.json"
    if OPTIONS.again:
        return installation.signed_in(get_user_model().objects.get(username="bench"))[1], json.loads(kept.read_text())
    issues = max(100, int(OPTIONS.issues * OPTIONS.scale))
    project, owner = installation.prepare(issue_count=issues)
    with transaction.atomic():
        named = things(project, owner, timezone.now())
    count = int(OPTIONS.facts * OPTIONS.scale)
    installation.fill(
        project, lambda now: facts.mixed(project, count=count, days=DAYS, issues=issues, now=now),
        roll_up=installation.all_counted,
    )  # fmt: skip
    client, cookie = installation.signed_in(owner)
    found = addresses.pages(client, named | addresses.large(project))
    kept.write_text(json.dumps(found))
    return cookie, found


@contextmanager
def _served() -> Iterator[str]:
    """The web server of this installation, alone: nothing is counted or judged beside the pages."""
    port = processes.free_port()
    environment = {"OBS_VAR_DIR": str(HOME), "PORT": str(port), "DATABASE_URL": ""}
    server = processes.start(
        [sys.executable, "manage.py", "serve", "web"], cwd=ROOT, log=HOME / "web.log", env=environment
    )
    try:
        processes.wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop(server)


def _measured(chromium: Any, name: str, url: str, cookie: Mapping[str, str]) -> report.Page:
    cold, warm = browser.looks(chromium, url, cookie, warm=1)
    page = report.Page(name, [cold], [warm])
    base = url[: url.index("/", 8)]
    page.server = _answered_in(url, cookie)
    if cold.cards:
        page.card, page.slowest = max((_answered_in(base + card, cookie), _named(card)) for card in set(cold.cards))
    for _ in range(TIMES - 1 if page.missed else 0):
        cold, warm = browser.looks(chromium, url, cookie, warm=1)
        page.cold.append(cold)
        page.warm.append(warm)
    return page


def _named(card: str) -> str:
    return card.partition("?")[0].rpartition("/")[2].removesuffix(".json")


def _answered_in(url: str, cookie: Mapping[str, str]) -> float:
    """Milliseconds, the median of three requests."""
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"}
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            answer.read()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    try:
        status = main()
    finally:
        embedded.stop()
    sys.exit(status)
