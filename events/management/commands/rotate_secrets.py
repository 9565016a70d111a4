from typing import Any

from django.core.management.base import BaseCommand

from events.models import secrets
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Encrypt every stored secret again, under the first of OBS_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        count = secrets.rotate(watch=bar("Encrypting", unit="rows"))
        self.stdout.write(f"{count} secrets are under the first key.")
