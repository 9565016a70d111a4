"""A plugin named in pyproject.toml, which comes before pytest-django reads the settings, as no conftest does."""

from formaos_obs.tests import workers

# Tests keep their own folder, so a running `make up` is never touched.
workers.settle()
