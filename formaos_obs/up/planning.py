"""What `manage.py up` decides before it becomes the supervisor: what is run, and how."""

import json
import os
import sys
from dataclasses import asdict

from django.conf import settings

from formaos_obs import embedded, processes
from formaos_obs.environment import BASE_DIR
from formaos_obs.up.running import Plan
from formaos_obs.up.supervisor import Program


def plan() -> Plan:
    """All that runs on this machine: the servers that no URL replaces, web, and a worker that keeps the clock."""
    embedded_command = (sys.executable, "-m", "formaos_obs.embedded")
    servers = [
        Program(
            server.name, server.argv, server.stop_signal, prepare=(*embedded_command, "prepare", server.name),
            user=server.user, folder=str(BASE_DIR), inside=str(server.inside) if server.inside else None,
        )
        for server in embedded.servers()
    ]  # fmt: skip
    return Plan(
        folder=settings.OBS_VAR_DIR,
        bind=settings.OBS_BIND,
        port=settings.PORT,
        code=str(BASE_DIR),
        release=(*embedded_command, "stop"),
        prepare=(sys.executable, "manage.py", "prepare"),
        servers=tuple(servers),
        processes=tuple(
            Program(name, processes.argv(name, keeps_clock=True), folder=str(BASE_DIR)) for name in processes.TOGETHER
        ),
    )


def become_supervisor(plan: Plan) -> None:
    """Leave this process, which carries Django, to the supervisor, which does not; the pid stays."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as file:  # far less than a pipe holds
        json.dump(asdict(plan), file, default=str)
    os.dup2(reader, 0)
    os.chdir(plan.code)
    sys.stdout.flush()
    os.execv(sys.executable, (sys.executable, "-m", "formaos_obs.up.running"))  # noqa: S606
