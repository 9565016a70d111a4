"""`python -m chaos.stores`: the PostgreSQL and the Valkey that several hosts share, kept alive in their own folder.

It prepares the database once, prints `ready`, and stays until SIGTERM.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "formaos_obs.settings")

from formaos_obs.up import planning
from formaos_obs.up.supervisor import Supervisor


def main() -> None:
    plan = planning.plan()
    supervisor = Supervisor(plan.folder, tell=print)
    supervisor.listen()
    try:
        for program in plan.servers:
            supervisor.add(program)
        if supervisor.once(plan.prepare, folder=plan.code) is not None:
            print("ready", flush=True)
        supervisor.run()
    finally:
        supervisor.stop(*(program.name for program in plan.servers))


if __name__ == "__main__":
    sys.exit(main())
