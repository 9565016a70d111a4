"""Everything on the clock exists, and nothing that exists is forgotten."""

from typing import Any

import pytest
from celery import current_app

from formaos_obs.celery import app

OUR_APPS = ("events.", "analytics.", "alerts.", "dashboard.", "formaos_obs.")


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    app.loader.import_default_modules()


@pytest.mark.parametrize("entry", sorted(app.conf.beat_schedule))
def test_the_task_exists(entry: str) -> None:
    assert app.conf.beat_schedule[entry]["task"] in app.tasks


def test_each_task_is_on_the_clock() -> None:
    ours = {name for name in current_app.tasks if name.startswith(OUR_APPS)}
    assert ours == {entry["task"] for entry in app.conf.beat_schedule.values()}


@pytest.mark.parametrize("entry", app.conf.beat_schedule.values())
def test_a_late_tick_is_dropped(entry: dict[str, Any]) -> None:
    assert entry["options"]["expires"] <= max(10, entry["schedule"])
    assert not entry.get("args")
    assert not entry.get("kwargs")
