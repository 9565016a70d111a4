"""The three kinds of process: how each is run, by the supervisor and in containers alike."""

import sys

from django.conf import settings

NAMES = ("web", "worker", "beat")
TOGETHER = ("web", "worker")  # on one machine the worker keeps the clock: a process less


def argv(name: str, *, keeps_clock: bool = False) -> tuple[str, ...]:
    """The command line of the process `name`, to be run in the project's folder; a worker may keep the clock too."""
    clock = ("--clock",) if keeps_clock and name == "worker" else ()
    return (sys.executable, "-m", *{"web": _web, "worker": _worker, "beat": _beat}[name](), *clock)


def _web() -> list[str]:
    return ["formaos_obs.front"]


def _worker() -> list[str]:
    # One task at a time per process, none reserved ahead: a task held by a busy process would be late for nothing.
    command = ["celery", "--app", "formaos_obs", "worker", "--loglevel", "WARNING", "--pool", "prefork"]
    command += ["--concurrency", str(settings.OBS_WORKER_PROCESSES), "--prefetch-multiplier", "1"]
    return [*command, "--max-memory-per-child", str(1024 * 1024), "--without-gossip", "--without-mingle"]


def _beat() -> list[str]:
    return ["formaos_obs.clock"]
