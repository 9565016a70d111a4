"""What the walks over every address share: two projects with one of each thing in both, made once for a file.

A file has it whose `kept_cast` is `walked_cast`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from dashboard.tests.things import things
from events.models import Project
from events.tests.cast import NOW, KeptCast, make_alice, make_bob, make_charlie, make_project
from formaos_obs.tests.shared import kept


@pytest.fixture(scope="module")
def walked_cast(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KeptCast]:
    """The cast with its project, and what addresses can name: `here` in it, `elsewhere` in Dora's."""
    folder: Path = tmp_path_factory.mktemp("walked")

    @transaction.atomic
    def fill() -> KeptCast:
        project, other = make_project(), Project.objects.create(slug="other", name="Other")
        alice, dora = make_alice(project), get_user_model().objects.create_user("dora")
        other.memberships.create(user=dora, role="owner")
        return KeptCast(
            project, alice, make_bob(project), make_charlie(), segments=folder,
            here=things(project, alice, NOW), elsewhere=things(other, dora, NOW),
        )  # fmt: skip

    with kept(django_db_blocker, folder, fill) as made:
        yield made.made


@pytest.fixture
def here(project: Project, walked_cast: KeptCast) -> dict[str, Any]:
    return {**walked_cast.here}


@pytest.fixture
def elsewhere(project: Project, walked_cast: KeptCast) -> dict[str, Any]:
    return {**walked_cast.elsewhere}
