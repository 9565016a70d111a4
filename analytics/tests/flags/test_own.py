"""The server's own features are on as they were built, until somebody sets up a flag for one."""

from typing import Any

import pytest

from analytics.flags import books, own
from analytics.tests.flags.make import group, prop, stored
from events.accounts.server_project import server_project

pytestmark = pytest.mark.django_db


def test_a_flag_of_the_server_s_project_decides_for_each_person(alice: Any, bob: Any) -> None:
    books.forget()
    assert own.is_on("live", alice, default=True)
    assert not own.is_on("live", alice, default=False)
    stored(server_project(), "live", group(prop("username", "alice")))
    books.forget()
    assert own.is_on("live", alice, default=False)
    assert not own.is_on("live", bob, default=True)
    assert own.is_on("another", bob, default=True)
