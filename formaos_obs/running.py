"""`manage.py up`: everything on one machine, from nothing, until Ctrl-C."""

import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from formaos_obs import addresses, bootstrap, embedded, processes
from formaos_obs.environment import BASE_DIR
from formaos_obs.supervisor import Program, Supervisor

SERVERS_FIRST_SECONDS = 60
WEB_FIRST_SECONDS = 60


def up(*, tell: Callable[[str], None], clock: Callable[[], datetime] = timezone.now) -> None:
    """Run until SIGINT or SIGTERM. Raises SystemExit with a reason where it cannot start."""
    with embedded.lock("up.lock") as is_free:
        if not is_free:
            raise SystemExit(f"Already running on {settings.OBS_VAR_DIR}; see pids.json there.")
        addresses.demand_port(settings.OBS_BIND, settings.PORT)
        supervisor = Supervisor(settings.OBS_VAR_DIR, tell=tell)
        supervisor.listen()
        servers = embedded.servers()
        try:
            _start_servers(supervisor, servers)
            if not supervisor.is_stopping:
                _start_processes(supervisor, tell=tell, now=clock())
            supervisor.run()
            tell("stopping")
        finally:
            supervisor.stop(*processes.NAMES)
            supervisor.stop(*(server.name for server in servers))
    tell("stopped")


def _start_servers(supervisor: Supervisor, servers: list[embedded.Server]) -> None:
    embedded.stop()  # those that a command or a killed supervisor left running become children
    for server in servers:
        popen = partial(embedded.as_user, server.user)
        supervisor.add(Program(server.name, server.argv, server.stop_signal, server.prepare, popen))
    for server in servers:
        if not supervisor.wait(server.answers, seconds=SERVERS_FIRST_SECONDS) and not supervisor.is_stopping:
            raise SystemExit(f"{server.name} did not start; see {settings.OBS_VAR_DIR}/log/{server.name}.log")
        if not supervisor.is_stopping:
            server.finish()


def _start_processes(supervisor: Supervisor, *, tell: Callable[[str], None], now: datetime) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False, clear=False)
    path = settings.OBS_VAR_DIR / "up.json"
    access, is_new = bootstrap.ensure(path, url=settings.OBS_PUBLIC_URL, now=now)
    for name in processes.NAMES:
        supervisor.add(Program(name, processes.argv(name), popen=partial(dict, cwd=BASE_DIR)))
    if not supervisor.wait(_web_answers, seconds=WEB_FIRST_SECONDS):
        if supervisor.is_stopping:
            return
        raise SystemExit(f"The web server did not answer; see {settings.OBS_VAR_DIR}/log/web.log")
    tell(f"URL    {access.url}")
    tell(f"Login  {access.admin_username} / {access.admin_password if is_new else '(the password of the first start)'}")
    tell(f"DSN    {access.dsn}")
    tell(f"Files  {settings.OBS_VAR_DIR} (up.json for scripts, log/ for logs); Ctrl-C stops all")


def _web_answers() -> bool:
    host = addresses.in_url(addresses.reached_at(settings.OBS_BIND))
    request = urllib.request.Request(f"http://{host}:{settings.PORT}/healthz", headers={"Host": "127.0.0.1"})
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
