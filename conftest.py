"""The cast, the servers and the builders of every test.

Alice owns the project `web`, Bob views it, Charlie should have no access to any of it.
"""

from typing import Any

import pytest

from formaos_obs.tests import workers

# Before Django reads its settings: tests keep their own folder, so a running `make up` is never touched.
workers.settle()

pytest_plugins = ["events.tests.cast", "events.tests.chromium", "events.tests.sdk.server"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """As many as there are processors; none where only files are asked for."""
    return 0 if workers.are_files(config.args) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    from django.db import connection

    from formaos_obs.tests import databases

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.template(connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database; the audit trail may be emptied between transactional tests, and only there."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_auditentry DISABLE TRIGGER audit_no_truncate")
