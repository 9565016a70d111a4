from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from events.accounts import audit
from events.models import secrets
from events.runtime.bars import bar


class Command(BaseCommand):
    help = "Encrypt every stored secret again, under the first of OBS_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        count = secrets.rotate(watch=bar("Encrypting", unit="rows"))
        audit.record("secrets.rotate", actor="command", via="command", detail={"count": count}, now=timezone.now())
        self.stdout.write(f"{count} secrets are under the first key.")
