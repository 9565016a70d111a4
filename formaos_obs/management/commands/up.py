from typing import Any

from django.core.management.base import BaseCommand

from formaos_obs import running


class Command(BaseCommand):
    help = "Run everything on this machine: PostgreSQL and Redis where no URL names one, web, worker and beat."

    def handle(self, *args: Any, **options: Any) -> None:
        running.up(tell=self._tell)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
