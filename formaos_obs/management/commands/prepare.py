from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from formaos_obs import bootstrap, embedded


class Command(BaseCommand):
    help = "What `up` does before it runs: database and static files up to date, a first admin, project and token."

    def handle(self, *args: Any, **options: Any) -> None:
        for server in embedded.servers():
            server.finish()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False, clear=False)
        folder = settings.OBS_VAR_DIR
        access, is_new = bootstrap.ensure(folder / "up.json", url=settings.OBS_PUBLIC_URL, now=timezone.now())
        password = access.admin_password if is_new else "(the password of the first start)"
        self.stdout.write(f"URL    {access.url}")
        self.stdout.write(f"Login  {access.admin_username} / {password}")
        self.stdout.write(f"DSN    {access.dsn}")
        self.stdout.write(f"Files  {folder} (up.json for scripts, log/ for logs); Ctrl-C stops all")
