import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from formaos_obs import processes


class Command(BaseCommand):
    help = "Become one of the processes (web, worker or beat), after the checks. For containers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=processes.NAMES)

    def handle(self, *args: Any, **options: Any) -> None:
        argv = processes.argv(options["name"])
        os.execv(argv[0], argv)  # noqa: S606
