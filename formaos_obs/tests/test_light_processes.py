"""What a process carries from its start: a library of many megabytes is in none that may never use it."""

import subprocess
import sys

from formaos_obs.environment import BASE_DIR

HEAVY = {
    "pyarrow", "duckdb", "numpy", "plotly", "sentry_sdk", "google.protobuf", "opentelemetry", "cryptography.fernet",
    "sqlglot", "clickhouse_connect",
}  # fmt: skip
DJANGO = {"django.apps", "django.db.models", "events.models"}


def _carried(code: str, looked_for: set[str]) -> set[str]:
    """Which of these modules are there once `code` ran in a process of its own."""
    program = f"{code}\nimport sys; print(*sys.modules.keys() & set(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *looked_for]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_supervisor_carries_the_standard_library_alone() -> None:
    code = "import sys; before = {*sys.modules}; import formaos_obs.up.running; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert {name.partition(".")[0] for name in done.stdout.split()} <= {*sys.stdlib_module_names, "formaos_obs"}


def test_the_clock_carries_no_application() -> None:
    assert _carried("import formaos_obs.clock.__main__", HEAVY | DJANGO | {"psycopg"}) == set()


def test_a_web_process_carries_neither_the_workers_library_nor_those_of_facts() -> None:
    code = "import formaos_obs.wsgi, formaos_obs.urls"
    assert _carried(code, HEAVY | {"celery", "kombu"}) == set()


def test_a_worker_carries_no_page_and_none_of_the_libraries_of_facts() -> None:
    code = "import django; from formaos_obs.celery import app; django.setup(); app.loader.import_default_modules()"
    assert _carried(code, HEAVY | {"dashboard.urls", "rest_framework.views"}) == set()
