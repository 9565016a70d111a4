"""What `manage.py up` becomes: everything on one machine, from nothing, until Ctrl-C.

    python -m formaos_obs.up.running < plan

The plan is JSON, made by `planning.py`. Only the supervisor stays, and it imports the standard library alone; what
needs Django is done by children that end.
"""

import json
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formaos_obs import addresses
from formaos_obs.up.locks import lock
from formaos_obs.up.supervisor import Program, Supervisor

WEB_FIRST_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """All that has to be known to run an installation: where, and the command lines."""

    folder: Path
    bind: str
    port: int
    code: str  # the folder that modules are found in
    release: tuple[str, ...]  # ends servers that a command or a killed supervisor left running
    prepare: tuple[str, ...]  # brings the database up to date and prints what people need to get in
    servers: tuple[Program, ...]
    processes: tuple[Program, ...]


def read(text: str) -> Plan:
    """The plan of its JSON."""
    value: dict[str, Any] = json.loads(text)
    value["folder"] = Path(value["folder"])
    for name in ("release", "prepare"):
        value[name] = tuple(value[name])
    for name in ("servers", "processes"):
        value[name] = tuple(
            Program(**{**each, "argv": tuple(each["argv"]), "prepare": tuple(each["prepare"])}) for each in value[name]
        )
    return Plan(**value)


def up(plan: Plan, *, tell: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM. Raises SystemExit with a reason where it cannot start."""
    with lock(plan.folder / "up.lock") as is_free:
        if not is_free:
            raise SystemExit(f"Already running on {plan.folder}; see pids.json there.")
        addresses.demand_port(plan.bind, plan.port)
        supervisor = Supervisor(plan.folder, tell=tell)
        supervisor.listen()
        try:
            lines = _prepare(supervisor, plan)
            if lines is not None:
                _start_processes(supervisor, plan, lines, tell=tell)
            supervisor.run()
            tell("stopping")
        finally:
            supervisor.stop(*(program.name for program in plan.processes))
            supervisor.stop(*(program.name for program in plan.servers))
    tell("stopped")


def _prepare(supervisor: Supervisor, plan: Plan) -> str | None:
    """Start the servers and what stands on them; what there is to tell, or None where a stop was asked for."""
    if supervisor.once(plan.release, folder=plan.code) is None:
        return None
    for program in plan.servers:
        supervisor.add(program)
    return supervisor.once(plan.prepare, folder=plan.code)


def _start_processes(supervisor: Supervisor, plan: Plan, lines: str, *, tell: Callable[[str], None]) -> None:
    for program in plan.processes:
        supervisor.add(program)
    if supervisor.wait(lambda: _web_answers(plan.bind, plan.port), seconds=WEB_FIRST_SECONDS):
        tell(lines.rstrip())
    elif not supervisor.is_stopping:
        raise SystemExit(f"The web server did not answer; see {plan.folder}/log/web.log")


def _web_answers(bind: str, port: int) -> bool:
    """Whether /healthz answers 200; asked by hand, because an HTTP library would double what the supervisor holds."""
    try:
        with socket.create_connection((addresses.reached_at(bind), port), timeout=2) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(64).split()[1:2] == [b"200"]
    except OSError:
        return False


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    up(read(sys.stdin.read()), tell=_tell)
