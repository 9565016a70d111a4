"""Kill -9 of whoever delivers and of whoever evaluates, at chosen points; then every message and transition is counted.

    python -m chaos.alerts [--kills 200] [--channels 1] [--rules 25] [--seed 1]

A worker is a process that runs the task's own function and kills itself at one of four points of delivery, in turn,
while the receiver answers 200, 429, 500 or nothing in time. Exits 1 unless nothing is missing, each kill doubled at
most one message of a channel, under the same dedup id, and no change of an alert is lost or doubled.
"""

import argparse
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("OBS_VAR_DIR", str(ROOT / "var" / "chaos-alerts"))).resolve()
shutil.rmtree(VAR, ignore_errors=True)
VAR.mkdir(parents=True)
os.environ |= {"OBS_VAR_DIR": str(VAR), "DJANGO_SETTINGS_MODULE": "formaos_obs.settings", "OBS_LOG_LEVEL": "CRITICAL"}

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections, transaction  # noqa: E402

from alerts.delivery import attempts, channel_setup, deliver, http, notify  # noqa: E402
from alerts.delivery.messages import Message  # noqa: E402
from alerts.models import Alert, AlertTransition, Channel, Notification, Rule  # noqa: E402
from alerts.rules import evaluation, rule_setup  # noqa: E402
from alerts.rules.rule_setup import Wanted  # noqa: E402
from chaos.sink import Sink  # noqa: E402
from events.models import Project  # noqa: E402

POINTS = ("before the claim", "after the claim", "after sending", "after marking")
START = datetime(2026, 11, 27, 12, tzinfo=UTC)
PER_ROUND = 3  # messages a channel; fewer than make a digest
ROUND = timedelta(minutes=3)  # longer than a claim lasts


def main() -> None:
    options = _options()
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--noinput"]
        subprocess.run(migrate, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        is_kept = run(options)
    finally:
        subprocess.run([sys.executable, "-m", "formaos_obs.embedded", "stop"], cwd=ROOT, check=False)
    print("kept" if is_kept else "BROKEN", flush=True)
    sys.exit(0 if is_kept else 1)


def run(options: argparse.Namespace) -> bool:
    sink = Sink(VAR / "taken.ndjson", seed=options.seed)
    try:
        is_delivered = deliver_all(sink, kills=options.kills, channels=options.channels)
    finally:
        sink.stop()
    return evaluate_all(rules=options.rules) and is_delivered


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_worker(work: Callable[[], Any]) -> bool:
    """Run it in a process of its own; whether that was killed."""
    connections.close_all()
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("A worker failed by itself.")
    return os.WIFSIGNALED(status)


# --- delivery ---------------------------------------------------------------------------------------------------------


def deliver_all(sink: Sink, *, kills: int, channels: int) -> bool:
    settings.OBS_OUTBOUND_ALLOW = [f"127.0.0.1:{sink.port}"]
    project = Project.objects.create(slug="chaos", name="Chaos")
    for n in range(channels):
        channel_setup.create(
            project, kind="webhook", name=f"sink {n}", actor="chaos", now=START,
            config={"url": f"http://127.0.0.1:{sink.port}/{n}", "secret": "sixteen-or-more-characters"},
        )  # fmt: skip
    now, killed, turn, made = START, Counter[str](), itertools.cycle(POINTS), 0
    while sum(killed.values()) < kills:
        point = next(turn)
        for _ in range(PER_ROUND):
            made += 1
            text = {"kind": "firing", "dedup": f"message {made}", "title": f"Message {made}", "project": "Chaos"}
            with transaction.atomic():
                notify.tell(Channel.objects.all(), Message(at=now.isoformat(), **text), now=now)
        killed[point] += in_a_worker(partial(deliver_until, point, after=made % PER_ROUND + made % 2, now=now))
        now += ROUND
    rounds = 0
    while Notification.objects.filter(status="pending").exists() and rounds < 500:
        in_a_worker(partial(deliver_until, "", after=0, now=now))
        now, rounds = now + ROUND, rounds + 1
    return judge(sink, killed, made * channels)


def deliver_until(point: str, *, after: int, now: datetime) -> None:
    """The task's function, with a blow at the point once so many messages passed it."""
    passed = itertools.count()

    def strike(where: str) -> None:
        if where and where == point and next(passed) >= min(after, PER_ROUND - 1):
            die()

    def hit(module: Any, name: str, *, before: str = "", behind: str = "") -> None:
        real = getattr(module, name)

        def struck(*args: Any, **kwargs: Any) -> Any:
            strike(before)
            result = real(*args, **kwargs)
            strike(behind)
            return result

        setattr(module, name, struck)

    http.Timeout = partial(http.Timeout, read=0.3, total=0.5)  # type: ignore[assignment,misc]
    hit(deliver, "_claim", before=POINTS[0])
    hit(attempts, "make", before=POINTS[1], behind=POINTS[2])
    hit(deliver, "_settle", behind=POINTS[3])
    deliver.run(now=now)


def judge(sink: Sink, killed: Counter[str], made: int) -> bool:
    taken = sink.taken()
    own = Notification.objects.exclude(kind__in=["channel", "digest"])
    dedups = dict(own.values_list("dedup", "status"))
    missing = [dedup for dedup, status in dedups.items() if not taken[dedup] or status != "sent"]
    doubled = sum(count - 1 for count in taken.values() if count > 1)
    unknown = set(taken) - set(Notification.objects.values_list("dedup", flat=True))
    channels = Notification.objects.values("channel").distinct().count()
    # Beside the message that a blow meets, those of other channels are under way, one each.
    dangerous = killed[POINTS[2]] if channels == 1 else channels * (sum(killed.values()) - killed[POINTS[0]])
    print(f"kills            {sum(killed.values())}  ({', '.join(f'{name} {n}' for name, n in killed.items())})")
    print(f"answers          {', '.join(f'{name}: {n}' for name, n in sorted(sink.answers().items()))}")
    print(f"messages         {made} made, {len(dedups)} kept, {sum(taken.values())} answered 200")
    print(f"missing          {len(missing)}")
    print(f"doubled          {doubled}, each under its own dedup id; at most {dangerous} by these kills")
    print(f"unknown          {len(unknown)}")
    return made == len(dedups) and not missing and not unknown and doubled <= dangerous


# --- evaluation -------------------------------------------------------------------------------------------------------


def evaluate_all(*, rules: int) -> bool:
    project = Project.objects.get(slug="chaos")
    now, kills, wrong = START + timedelta(days=30), 0, 0
    channels = Channel.objects.filter(is_enabled=True).count()
    for n in range(rules):
        config = {"side": "below", "threshold": "1", "window": "5"}
        wanted = Wanted(name=f"rule {n}", kind="threshold", metric="requests.count", config=config)
        rule = rule_setup.create(project, wanted, actor="chaos", now=now)
        for threshold, expected in ((1.0, ["firing"]), (0.0, ["firing", "ok"])):
            Rule.objects.filter(pk=rule.pk).update(config={**rule.config, "threshold": threshold}, next_eval_at=now)
            for is_after in (False, True):  # killed before the commit, and then after it
                kills += in_a_worker(partial(evaluate_until, is_after=is_after, now=now))
            in_a_worker(partial(evaluate_until, is_after=None, now=now))
            found = list(
                AlertTransition.objects.filter(alert__rule=rule).order_by("pk").values_list("after", flat=True)
            )
            alert = Alert.objects.get(rule=rule)
            told = Notification.objects.filter(payload__title=str(alert)).exclude(kind="digest").count()
            wrong += found != expected or told != len(expected) * channels or alert.state != expected[-1]
            now += timedelta(minutes=1)
        Rule.objects.filter(pk=rule.pk).update(is_enabled=False)
    print(f"evaluation       {kills} kills around the commits of {rules} rules")
    print(f"differences      {wrong} in transitions or messages")
    return not wrong and kills == rules * 4


def evaluate_until(*, is_after: bool | None, now: datetime) -> None:
    """The task's function, with a blow between judging and the commit, or right after the commit."""
    name = "_together" if is_after else "_evaluate"
    real = getattr(evaluation, name)

    def struck(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if result is not None or not is_after:
            die()
        return result

    if is_after is not None:
        setattr(evaluation, name, struck)
    evaluation.run(now=now)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="Of the delivering worker, a quarter at each point.")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--rules", type=int, default=25, help="Each has four kills around its commits.")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
