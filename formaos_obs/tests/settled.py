"""A plugin named in pyproject.toml, which comes before pytest-django reads the settings, as no conftest does."""

import gc

from formaos_obs.tests import workers

# Tests keep their own folder, so a running `make up` is never touched.
workers.settle()


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: Python need not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 25, 25)
