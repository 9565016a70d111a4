"""A database that the migrations made, once for all workers and for every run until a migration changes."""

import hashlib
import os
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command

from formaos_obs.tests import workers

_PREFIX = "obs_template_"


def template(connection: Any) -> str:
    """The name of the database that every worker's copies; the first who asks makes it."""
    name = f"{_PREFIX}{_state()}"
    with workers.one_at_a_time("template"), connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
        there = {row[0] for row in cursor.fetchall()}
        if name not in there:
            for older in there:
                cursor.execute(f'DROP DATABASE "{older}"')
            draft = f"{_PREFIX}draft"
            # A seed has migrated its own database: what is new since then is all that is left to do.
            begun = f' TEMPLATE "{connection.settings_dict["NAME"]}"' if os.environ.get(workers.SEED) else ""
            cursor.execute(f'CREATE DATABASE "{draft}"{begun}')
            _migrate(connection, draft)
            cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')  # from here on it is whole
    return name


def part_others(connection: Any) -> None:
    """End what else is connected to this database: a thread of a live server may still be on its way out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _migrate(connection: Any, name: str) -> None:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _state() -> str:
    """What the migrations of all apps are, ours and others', told by their text."""
    found = hashlib.blake2b(django.__version__.encode(), digest_size=8)
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            found.update(f"{app.label}/{path.name}\n".encode() + path.read_bytes())
    return found.hexdigest()
