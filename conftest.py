"""The cast, the servers and the builders of every test.

Alice owns the project `web`, Bob views it, Charlie should have no access to any of it.
"""

import os
from pathlib import Path
from typing import Any

# Before Django reads its settings: tests keep their own folder, so a running `make up` is never touched.
_base = Path(os.environ.get("OBS_VAR_DIR", Path(__file__).parent / "var" / "test"))
os.environ["OBS_VAR_DIR"] = str(_base)

import pytest  # noqa: E402

from formaos_obs import embedded  # noqa: E402

embedded.ensure()

pytest_plugins = ["events.tests.cast", "events.tests.chromium"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database; the audit trail may be emptied between transactional tests, and only there."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_no_truncate")
