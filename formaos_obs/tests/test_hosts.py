"""A host holds nothing that others miss, but its spool: each place that uses its folder is known (docs/scaling.md)."""

import re

from formaos_obs.environment import BASE_DIR

USES = re.compile(r"OBS_VAR_DIR|OBS_SPOOL_DIR|STATIC_ROOT|\bvar_dir\(")
# What each keeps there, and why no other host misses it.
KNOWN = {
    "events/ingest/spool.py": "the spool",
    "events/ingest/pressure.py": "asks how full the disk of the spool is",
    "events/accounts/keys.py": "keys beside the spool, read while PostgreSQL is away",
    "events/accounts/audit_heads.py": "heads of the trail that a worker of this host noted",
    "events/accounts/dsn.py": "reads the address that `up` noted",
    "events/facts/duck.py": "where sorting spills, empty afterwards",
    "events/ingest/host.py": "asks how full the disk is",
    "dashboard/management/commands/send_sample.py": "reads what `up` noted",
    "dashboard/pages/system/reading.py": "asks how full the disk is",
    "dashboard/pages/system/bundle.py": "the last lines of this host's logs",
    "formaos_obs/backup/restoring.py": "the key, where no environment has it",
    "formaos_obs/checks.py": "asks whether it can be written",
    "formaos_obs/clock/keeping.py": "a name for the host",
    "formaos_obs/embedded.py": "servers of an installation of one host",
    "formaos_obs/environment.py": "its name",
    "formaos_obs/folders.py": "its name in a hint",
    "formaos_obs/health.py": "asks how full the disk is",
    "formaos_obs/management/commands/prepare.py": "up.json",
    "formaos_obs/management/commands/serve.py": "makes the folder",
    "formaos_obs/settings.py": "defaults: the key without SECRET_KEY, segments without a bucket, static files",
    "formaos_obs/up/planning.py": "what the supervisor notes",
}


def test_every_use_of_a_hosts_folder_is_known() -> None:
    found = {
        path.relative_to(BASE_DIR).as_posix()
        for app in ("events", "analytics", "alerts", "dashboard", "formaos_obs")
        for path in (BASE_DIR / app).rglob("*.py")
        if "tests" not in path.parts and USES.search(path.read_text())
    }
    assert found == KNOWN.keys()
