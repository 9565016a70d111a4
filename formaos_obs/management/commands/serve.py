import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from formaos_obs import addresses, checks, folders, processes
from formaos_obs.environment import BASE_DIR


class Command(BaseCommand):
    help = "Become one of the processes (web, worker or beat), after the checks. For containers."
    requires_system_checks = []  # asked for in `handle`, after what is refused in a line

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=processes.NAMES)

    def handle(self, *args: Any, **options: Any) -> None:
        checks.demand()
        folders.demand(settings.OBS_VAR_DIR)
        if options["name"] == "web":
            addresses.demand_port(settings.OBS_BIND, settings.PORT)
        self.check()
        argv = processes.argv(options["name"])
        os.chdir(BASE_DIR)  # where the modules of its command line are found, whoever started it from wherever
        os.execv(argv[0], argv)  # noqa: S606
