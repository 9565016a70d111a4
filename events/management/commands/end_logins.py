"""manage.py end_logins: ends the logins of one person, with --second-factor their second factor as well."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from events.accounts import audit, logins, second_factors


class Command(BaseCommand):
    help = "End the logins of a person; for a lost phone also take the second factor away."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--second-factor", action="store_true", help="Take it away: the password alone lets in.")

    def handle(self, *args: Any, username: str, second_factor: bool, **options: Any) -> None:
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        now = timezone.now()
        with audit.scope(via="command"):
            if second_factor and not second_factors.disable(user, actor="command", now=now):
                raise CommandError(f"{username} has no second factor.")
            ended = logins.end(user)
            audit.record("login.end", actor="command", obj=("user", user.pk), detail={"ended": ended}, now=now)
        self.stdout.write(f"{ended} logins ended")
