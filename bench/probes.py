"""Prints how late looks begin and what they cost: 1,000 probes a minute, with slow and dead targets among them.

    python bench/probes.py [--probes 1000] [--seconds 120] [--short] [--check]

Runs in a folder of its own (var/bench/probes), on the embedded servers. Of the targets 70 % answer at once, 10 % after
3 s, 10 % never, 5 % accept nobody and 5 % answer 500; each look may take 10 s. The prober is the one that a worker
runs, in this process; the targets are in another. Lateness is from the moment a look was due to the moment it began, of
every look and every second try. `--short` is 200 probes for 45 s. With `--check` it exits 1 where one is late by more
than 10 s.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "bench" / "probes"
sys.path.insert(0, str(ROOT))
os.environ["OBS_VAR_DIR"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "formaos_obs.settings"
os.environ["OBS_OUTBOUND_ALLOW"] = "127.0.0.1/32"

from formaos_obs import embedded  # noqa: E402

if __name__ == "__main__":
    embedded.stop()
    shutil.rmtree(HOME, ignore_errors=True)
    embedded.ensure()
    os.environ["DATABASE_URL"] = embedded.urls().database

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from alerts.models import Probe, ProbeLook, ProbeState  # noqa: E402
from alerts.probes import standing  # noqa: E402
from alerts.probes.prober import MOST_AT_ONCE, Prober  # noqa: E402
from alerts.probes.rounds import Claimed  # noqa: E402
from events.models import Project  # noqa: E402

AIM = 10.0
SHARES = (("quick", 70), ("slow", 10), ("dead", 10), ("closed", 5), ("broken", 5))
INTERVAL = timedelta(seconds=60)


def main() -> None:
    options = _options()
    call_command("migrate", verbosity=0)
    mine, theirs = multiprocessing.Pipe()
    targets = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    targets.start()
    ports: dict[str, int] = mine.recv()
    settings.OBS_OUTBOUND_PORTS = list(ports.values())
    furnish(options.probes, ports)
    late: list[float] = []

    def note(claimed: Claimed, at: datetime) -> None:
        late.append((at - claimed.due_at).total_seconds())

    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    kept = Prober(on_look=note).run(seconds=options.seconds)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    overdue = ProbeState.objects.filter(claim=None, next_at__lt=timezone.now() - timedelta(seconds=AIM)).count()
    show(late, kept=kept, wall=wall, cpu=cpu, probes=options.probes, overdue=overdue)
    targets.kill()
    embedded.stop()
    sys.exit(1 if options.check and (max(late) > AIM or overdue) else 0)


def furnish(count: int, ports: dict[str, int]) -> None:
    """So many probes whose first looks are spread over a minute, as those of an installation that runs are."""
    now = timezone.now()
    project = Project.objects.create(slug="bench", name="Bench")
    kinds = [kind for kind, share in SHARES for _ in range(share)]
    probes = Probe.objects.bulk_create(
        Probe(
            project=project, slug=f"p{n}", name=f"Probe {n}", kind="http", config={"expected_status": "200-299"},
            target=f"http://127.0.0.1:{ports[kinds[n * 37 % 100]]}/", interval_seconds=60, timeout_seconds=10,
        )
        for n in range(count)
    )  # fmt: skip
    ProbeState.objects.bulk_create(
        ProbeState(probe=probe, next_at=standing.slot_after(now, INTERVAL, key=probe.pk)) for probe in probes
    )


def show(late: list[float], *, kept: int, wall: float, cpu: float, probes: int, overdue: int) -> None:
    found = Counter(ProbeLook.objects.values_list("status", flat=True))
    late.sort()
    print(f"{probes:,} probes, each every 60 s, {len(late):,} looks begun and {kept:,} kept in {wall:.0f} s")
    print(f"found: {', '.join(f'{count:,} {status}' for status, count in sorted(found.items()))}")
    p95 = statistics.quantiles(late, n=20)[-1]
    print(f"late by: p50 {statistics.median(late):.2f} s, p95 {p95:.2f} s, at most {late[-1]:.2f} s (aim {AIM:.0f} s)")
    print(f"never begun and overdue by more than {AIM:.0f} s: {overdue}")
    print(f"CPU of the prober: {100 * cpu / wall:.0f} % of a core, {1000 * cpu / len(late):.1f} ms a look")
    print(f"at once at most {MOST_AT_ONCE} looks")


def serve(out: Connection) -> None:
    """The targets: ports that answer as they are called."""
    asyncio.run(_serve(out))


async def _serve(out: Connection) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wait: float, status: str) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(wait)
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        writer.close()

    ports = {}
    for kind, wait, status in (("quick", 0.0, "200 OK"), ("slow", 3.0, "200 OK"), ("dead", 3600.0, "200 OK"),
                               ("broken", 0.0, "500 Oh")):  # fmt: skip
        server = await asyncio.start_server(
            lambda reader, writer, wait=wait, status=status: answer(reader, writer, wait, status), "127.0.0.1", 0,
            backlog=1024,
        )  # fmt: skip
        ports[kind] = server.sockets[0].getsockname()[1]
    closed = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    ports["closed"] = closed.sockets[0].getsockname()[1]
    closed.close()
    out.send(ports)
    await asyncio.Event().wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.probes, options.seconds = 200, 45
    return options


if __name__ == "__main__":
    main()
