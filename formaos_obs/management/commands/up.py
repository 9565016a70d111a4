from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from formaos_obs import addresses, checks, embedded, stores
from formaos_obs.up import planning


class Command(BaseCommand):
    requires_system_checks = []  # asked for in `handle`, after what is refused in a line
    help = "Run everything on this machine: PostgreSQL and Redis where no URL names one, web and a worker."

    def handle(self, *args: Any, **options: Any) -> None:
        checks.demand()
        addresses.demand_port(settings.OBS_BIND, 0)  # the port is asked for once nobody else runs on this folder
        embedded.demand_folder()
        stores.demand()
        self.check()
        planning.become_supervisor(planning.plan())
