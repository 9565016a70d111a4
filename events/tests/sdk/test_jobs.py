"""Scheduled jobs as they report in the wild: sentry-sdk's decorator, Celery beat, and Healthchecks' lines of curl."""

import shutil
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from alerts.models import Monitor, MonitorRun
from alerts.monitors import monitor_setup, watch
from alerts.monitors.monitor_setup import Wanted
from alerts.tests import make
from events.tests.sdk.conftest import CLIENTS, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]

CURL = "curl -fsS -m 10 --retry 5"


@pytest.fixture
def monitor(shop: Shop) -> Monitor:
    wanted = Wanted(name="Backup", kind="simple", schedule="1 d")
    return monitor_setup.create(shop.project, wanted, actor="test", now=timezone.now())


def sh(shop: Shop, line: str) -> str:
    shell = shutil.which("sh")
    assert shell
    return shop.run(shell, "-c", line)


def job(shop: Shop, case: str) -> None:
    shop.run(sys.executable, CLIENTS / "job_app.py", case)
    shop.digest()
    watch.run(now=timezone.now())


def stands(shop: Shop) -> dict[str, tuple[str, str]]:
    """The status of each monitor and its latest run."""
    found = {}
    for monitor in Monitor.objects.filter(project=shop.project):
        state = monitor.states.get(environment="production")
        found[monitor.slug] = (state.status, state.runs.order_by("-at", "-pk")[0].status)
    return found


def test_the_decorator_makes_monitors_and_ends_their_runs(shop: Shop) -> None:
    make.channel(shop.project)
    job(shop, "decorated")
    assert stands(shop) == {"nightly-backup": ("up", "ok"), "broken": ("down", "error")}
    monitor = Monitor.objects.get(slug="nightly-backup")
    assert (monitor.name, monitor.schedule, monitor.zone) == ("Nightly backup", "0 3 * * mon-sun", "Europe/Vienna")
    assert (monitor.margin_seconds, monitor.max_runtime_seconds, monitor.problem) == (300, 1800, "")
    assert MonitorRun.objects.count() == 2
    assert MonitorRun.objects.filter(duration_ms=None).count() == 0
    page = shop.client.get(f"/p/{shop.project.slug}/monitors/").content.decode()
    assert "At 03:00 every day, Europe/Vienna" in page


def test_beat_begins_a_run_and_its_worker_ends_it(shop: Shop) -> None:
    job(shop, "beat")
    assert stands(shop) == {"charge-all": ("up", "ok"), "count": ("down", "error")}
    schedules = dict(Monitor.objects.values_list("slug", "schedule"))
    assert schedules == {"charge-all": "*/1 * * * mon-sun", "count": "1 minute"}
    assert MonitorRun.objects.count() == 2
    assert Monitor.objects.exclude(problem="").count() == 0


def test_the_lines_of_curl_report(shop: Shop, monitor: Monitor, tmp_path: Path) -> None:
    url = f"{shop.server.url}/ping/{monitor.token}"
    assert sh(shop, f"{CURL} {url}") == "OK"
    assert sh(shop, f"{CURL} {url}/start") == "OK"
    assert sh(shop, f'm=$(echo "rm: a&b=c"; exit 3); {CURL} --data-raw "$m" {url}/$?') == "OK"
    assert sh(shop, f"{CURL} -I {url}").startswith("HTTP/1.1 200")
    assert "204" in sh(shop, f"{CURL} -i -X OPTIONS {url}").splitlines()[0]
    runs = list(MonitorRun.objects.order_by("pk"))
    assert [(run.status, run.exit_code, run.body) for run in runs] == [
        ("ok", None, ""), ("error", 3, "rm: a&b=c"), ("ok", None, ""),
    ]  # fmt: skip
    assert sh(shop, f"curl -sS -o /dev/null -w '%{{http_code}}' {url}/256") == "400"
    assert sh(shop, f"curl -sS -o /dev/null -w '%{{http_code}}' {url}/success") == "404"


def test_long_and_chunked_bodies_lose_no_ping(shop: Shop, monitor: Monitor, tmp_path: Path) -> None:
    url = f"{shop.server.url}/ping/{monitor.token}"
    log = tmp_path / "job.log"
    log.write_text("line\n" * 800_000)
    assert sh(shop, f"{CURL} --data-binary @{log} {url}/log") == "OK"
    assert sh(shop, f"head -c 20000 {log} | {CURL} -X POST -T - {url}/log") == "OK"
    bodies = list(MonitorRun.objects.values_list("body", flat=True))
    assert [len(body) for body in bodies] == [10_000, 10_000]


def test_a_line_of_curl_makes_its_monitor(shop: Shop) -> None:
    key = monitor_setup.ping_key(shop.project).key
    url = f"{shop.server.url}/ping/{key}/db-backup"
    assert sh(shop, f"{CURL} '{url}/start?create=1'") == "Created"
    assert sh(shop, f"{CURL} '{url}?create=1'") == "OK"
    assert MonitorRun.objects.get().status == "ok"
    log = shop.server.log.read_text(errors="replace")
    assert "Traceback" not in log


def test_a_check_in_by_curl_without_an_id_is_one_run(shop: Shop) -> None:
    job(shop, "decorated")
    url = f"{shop.server.url}/api/{shop.project.pk}/cron/nightly-backup/{shop.key.public_key}/"
    MonitorRun.objects.all().delete()
    sh(shop, f"{CURL} '{url}?status=in_progress'")
    sh(shop, f"{CURL} '{url}?status=ok'")
    shop.digest()
    watch.run(now=timezone.now())
    run = MonitorRun.objects.get()
    assert run.status == "ok"
    assert run.duration_ms is not None
