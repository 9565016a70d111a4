"""Prints how many alert rules are judged in a minute: a mix of kinds over many projects, most of which share metrics.

    python bench/rules.py [--rules 10000] [--projects 20] [--processes 2] [--rounds 2]

Each round makes every rule due and lets so many processes empty the queue, as workers of Celery do at a tick; then a
round in which a tenth of the rules begins to fire, with evidence and messages. `--rules 400 --projects 4 --rounds 1` is
the short form. CPU is what the processes and their PostgreSQL spend: on a machine that others use, it tells more than
the time.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PARSER = argparse.ArgumentParser(description=__doc__)
PARSER.add_argument("--rules", type=int, default=10_000)
PARSER.add_argument("--projects", type=int, default=20)
PARSER.add_argument("--processes", type=int, default=2)
PARSER.add_argument("--rounds", type=int, default=2)
PARSER.add_argument("--kills", type=int, default=0, help="then kill -9 so many evaluators, and count what was told")
OPTIONS = PARSER.parse_args()
sys.path.insert(0, str(ROOT))

from bench import begin  # noqa: E402

begin("rules", as_owner=True)

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402

from alerts.delivery import channel_setup  # noqa: E402
from alerts.models import Alert, AlertTransition, Notification, Rule  # noqa: E402
from alerts.rules import evaluation, rule_setup  # noqa: E402
from alerts.rules.evaluation import Evaluated  # noqa: E402
from alerts.rules.rule_setup import Wanted  # noqa: E402
from analytics.models import Bucket, FillState, Series  # noqa: E402
from analytics.rollups import filling  # noqa: E402
from events.facts import segments  # noqa: E402
from events.models import FactChange, Project, Segment  # noqa: E402
from formaos_obs import embedded  # noqa: E402

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROUTES = [f"GET /api/{name}" for name in ("cart", "items", "login", "orders", "pay", "search", "user", "vote")]
METRICS = ("requests.error_rate", "requests.p95", "requests.count", "requests.failed", "errors.count", "logs.errors")


def main() -> None:
    call_command("migrate", verbosity=0)
    prepare()
    share = {kind: Rule.objects.filter(kind=kind).count() for kind in sorted(set(kinds()))}
    print(
        f"{OPTIONS.rules:,} rules of {OPTIONS.projects} projects: "
        + ", ".join(f"{n} {kind}" for kind, n in share.items())
    )
    print(f"{'':28}{'rules':>8}{'s':>8}{'rules/min':>12}{'CPU s':>8}{'failed':>8}{'changes':>9}")
    for number in range(OPTIONS.rounds):
        judge(f"quiet, round {number + 1}", NOW + number * 10 * MINUTE)
    Rule.objects.filter(kind="threshold", pk__in=Rule.objects.order_by("?")[: OPTIONS.rules // 10]).update(
        config={"side": "above", "threshold": -1.0, "recovery": None, "window": 5, "min_samples": 0}
    )
    judge("some begin to fire", NOW + OPTIONS.rounds * 10 * MINUTE)
    if OPTIONS.kills:
        survive(OPTIONS.kills, NOW + (OPTIONS.rounds + 1) * 10 * MINUTE)
    print(f"alerts {Alert.objects.count():,}, changes kept {AlertTransition.objects.count():,}, "
          f"messages {Notification.objects.count():,}")  # fmt: skip


def survive(kills: int, now: datetime) -> None:
    """Rules that all fire, by evaluators that are killed at random; each must be told once, and once only."""
    for model in (Notification, Alert):
        model.objects.all().delete()
    thresholds = Rule.objects.filter(kind="threshold", metric="requests.count", group_by=[])
    Rule.objects.exclude(pk__in=thresholds).update(is_enabled=False)
    thresholds.update(
        config={"side": "above", "threshold": -1.0, "recovery": None, "window": 5, "min_samples": 0}, next_eval_at=now
    )
    meant, draw, context, done = thresholds.count(), random.Random(3), multiprocessing.get_context("spawn"), 0
    connection.close()
    while done < kills and Rule.objects.filter(is_enabled=True, next_eval_at__lte=now).exists():
        connection.close()
        ready = context.Event()
        process = context.Process(target=_slowly, args=(now, ready))
        process.start()
        ready.wait()
        time.sleep(draw.uniform(0, 0.6))
        process.kill()
        process.join()
        done += 1
    evaluation.run(now=now, seconds=600)
    fired = AlertTransition.objects.filter(after="firing").count()
    told = Notification.objects.exclude(kind="digest").count()
    alerts = Alert.objects.filter(state="firing").count()
    print(f"{done} evaluators killed: {meant} rules fire, {alerts} alerts, {fired} changes kept, {told} messages")


def _slowly(now: datetime, ready: Any) -> None:
    """A worker whose transactions are small, so that there are many moments to be killed at."""
    _warm(0)
    ready.set()
    evaluation.run(now=now, seconds=600, batch=3)


def judge(name: str, now: datetime) -> None:
    """One round, by as many processes as asked for."""
    Rule.objects.update(next_eval_at=now)
    connection.close()
    before, start = _database_seconds(), time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(OPTIONS.processes) as pool:
        pool.map(_warm, range(OPTIONS.processes), chunksize=1)
        before, start = _database_seconds(), time.perf_counter()
        done = pool.map(_evaluate, [now] * OPTIONS.processes, chunksize=1)
        took = time.perf_counter() - start
    rules = sum(one.rules for one, _ in done)
    spent = sum(seconds for _, seconds in done) + _database_seconds() - before
    failed, changes = sum(one.failed for one, _ in done), sum(one.transitions for one, _ in done)
    print(f"{name:28}{rules:8,}{took:8.1f}{60 * rules / took:12,.0f}{spent:8.1f}{failed:8}{changes:9,}", flush=True)


def _warm(_: int) -> None:
    """What a worker has done long ago: addresses and libraries are loaded."""
    reverse("dashboard:rule-list", args=["p0"])
    Rule.objects.count()
    time.sleep(0.5)  # so that each process takes one


def _evaluate(now: datetime) -> tuple[Evaluated, float]:
    before = time.process_time()
    found = evaluation.run(now=now, seconds=600)
    connection.close()
    return found, time.process_time() - before


def _database_seconds() -> float:
    """CPU of the ended and running backends of PostgreSQL, as far as the system tells."""
    total, tick = 0.0, os.sysconf("SC_CLK_TCK")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        if "(postgres)" in text and str(os.environ["OBS_VAR_DIR"]) in _command(stat.parent):
            fields = text.rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) / tick
    return total


def _command(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return ""


def kinds() -> list[str]:
    """The mix: most rules are thresholds, as people's are."""
    return ["threshold"] * 60 + ["absence"] * 10 + ["change"] * 10 + ["anomaly"] * 8 + ["burn_rate"] * 4 + [
        "formula"] * 4 + ["logs"] * 1 + ["issue"] * 2 + ["monitor"] * 1  # fmt: skip


def wanted(number: int, kind: str, draw: random.Random) -> Wanted:
    window, metric = draw.choice((5, 5, 10, 15, 60)), draw.choice(METRICS)
    where: dict[str, Any] = {"environment": ["production"]} if draw.random() < 0.5 else {}
    group_by = ["route"] if metric.startswith("requests") and draw.random() < 0.1 else []
    base = {"name": f"rule {number}", "kind": kind, "metric": metric, "where": where, "group_by": group_by}
    own: dict[str, dict[str, Any]] = {
        "threshold": {"config": {"side": "above", "threshold": 1e9, "window": window, "min_samples": 1}},
        "absence": {"config": {"window": window}},
        "change": {
            "config": {"side": "rise", "percent": 1000, "against": draw.choice(("before", "day")), "window": window}
        },
        "anomaly": {"config": {"side": "above", "sensitivity": 20, "window": 30}},
        "burn_rate": {
            "metric": "requests.error_rate", "where": {}, "group_by": [],
            "config": {"target": 99.9, "days": 30, "pair": draw.choice(("1h", "6h", "24h", "3d")), "min_bad": 10**9},
        },
        "formula": {
            "metric": "", "where": {}, "group_by": [],
            "config": {
                "formula": "100 * a / b", "a": "errors.count", "b": "requests.count", "side": "above",
                "threshold": 1e9, "window": window,
            },
        },
        "logs": {"metric": "", "group_by": [], "config": {"query": f"no such line {number}", "window": window}},
        "issue": {
            "metric": "", "group_by": [],
            "config": {"trigger": draw.choice(("new", "regressed", "escalating")), "query": "level:error"},
        },
        "monitor": {"metric": "", "where": {}, "group_by": [], "config": {"when": "any"}},
    }  # fmt: skip
    return Wanted(**{**base, **own[kind]})


def prepare() -> None:
    for model in (Notification, Rule, Bucket, Series, FillState, FactChange, Segment, Project):
        model.objects.all().delete()
    draw, mix, each = random.Random(7), kinds(), OPTIONS.rules // OPTIONS.projects
    for place in range(OPTIONS.projects):
        project = Project.objects.create(slug=f"p{place}", name=f"Project {place}")
        channel_setup.create(
            project, kind="email", name="Team", config={"addresses": "a@example.org"}, actor="bench", now=NOW
        )
        segments.write({(project.pk, fact): rows for fact, rows in facts(draw).items()}, now=NOW)
        made = []
        for number in range(each):
            rule = Rule(project=project, created_at=NOW, next_eval_at=NOW)
            rule_setup.put(rule, wanted(number, draw.choice(mix), draw))
            made.append(rule)
        Rule.objects.bulk_create(made)
    filling.declare(now=NOW)
    filling.roll_up(now=NOW + 40 * MINUTE, seconds=600)


def facts(draw: random.Random) -> dict[str, list[dict[str, Any]]]:
    """A small shop: the last two hours, the same hours of four weeks before, and a day ago."""
    found: dict[str, list[dict[str, Any]]] = {"requests": [], "errors": [], "logs": []}
    before = [timedelta(weeks=week, hours=hour) for week in range(1, 5) for hour in (-2, -1, 0, 1, 2)]
    moments = [NOW - ago for ago in (*before, timedelta(days=1), timedelta(hours=23)) for _ in range(60)]
    moments += [NOW + 40 * MINUTE - timedelta(hours=2) * draw.random() for _ in range(2000)]
    for at in moments:
        shared = {"at": at, "environment": draw.choice(("production", "staging")), "release": "shop@1.0.0"}
        status = 500 if draw.random() < 0.02 else 200
        found["requests"].append(
            {**shared, "route": draw.choice(ROUTES), "status": status, "duration_ms": draw.lognormvariate(4, 1)}
        )
        if status == 500:
            found["errors"].append({**shared, "level": "error", "group_hash": f"{draw.randrange(9):032x}"})
            found["logs"].append({**shared, "level": "error", "body": "failed", "service": "shop"})
    return found


if __name__ == "__main__":
    try:
        main()
    finally:
        embedded.stop()
