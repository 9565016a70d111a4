from typing import Any

from django.core.management.base import BaseCommand

from events.models import secrets


class Command(BaseCommand):
    help = "Encrypt every stored secret again, under the first of OBS_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{secrets.rotate()} secrets are under the first key.")
