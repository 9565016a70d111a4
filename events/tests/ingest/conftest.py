"""Somebody else at the database."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection


@pytest.fixture
def other(db: None) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else on the same database, outside the test's transaction."""
    told = connection.get_connection_params()
    own = {name: told[name] for name in ("dbname", "user", "password", "host", "port") if told.get(name)}
    with psycopg.connect(**own) as link:
        yield link
        link.rollback()
