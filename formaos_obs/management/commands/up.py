from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from formaos_obs import addresses, checks, embedded, running, stores


class Command(BaseCommand):
    requires_system_checks = []  # `checks.demand` tells them, a line each
    help = "Run everything on this machine: PostgreSQL and Redis where no URL names one, web, worker and beat."

    def handle(self, *args: Any, **options: Any) -> None:
        warnings = checks.demand()
        addresses.demand_port(settings.OBS_BIND, 0)  # the port is asked for once nobody else runs on this folder
        embedded.demand_folder()
        stores.demand()
        for line in warnings:
            self.stderr.write(line)
        running.up(tell=self._tell)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
