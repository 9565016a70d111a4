"""The cast, the servers and the builders of every test.

Alice owns the project `web`, Bob views it, Charlie should have no access to any of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test.utils import setup_databases, teardown_databases

from formaos_obs.tests import databases, emptying, scheduling, workers

pytest_plugins = [
    "dashboard.tests.answers", "events.tests.arrivals", "events.tests.cast", "events.tests.chromium",
    "events.tests.sdk.server", "dashboard.tests.walked",
]  # fmt: skip


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """As many as there are processors; none where only files are asked for."""
    return 0 if workers.are_files(config.args) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return scheduling.LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives a browser or an SDK is tried once more: their clocks go on while this machine is busy."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("sdk"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """The test database, a copy of what the migrations made; tests that write for good leave its tables empty."""
    from django.db import connection

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.template(connection)
        made = setup_databases(verbosity=0, interactive=False)
    with emptying.instead_of_flushing():
        yield
    with django_db_blocker.unblock():
        connection.close()  # a session's last connection may have been ended by what the tests do to servers
        databases.part_others(connection)
        teardown_databases(made, verbosity=0)
