"""How the browser script is steered: shares per feature, consent and a switch, published to pages within a minute."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from events.endpoints import browser_settings
from events.endpoints.browser_settings import OWN_FEATURES, BrowserSettings
from events.models import AuditEntry, IngestKey, Project


@pytest.fixture(autouse=True)
def fresh() -> None:
    browser_settings.forget()


def config(key: IngestKey, **headers: str) -> Any:
    return Client().get(f"/api/{key.project_id}/browser/config.json?sentry_key={key.public_key}", headers=headers)


@pytest.mark.parametrize("stored", [{}, None, [], {"features": 3}, {"features": {"errors": "all", "vitals": 101}}])
def test_what_is_missing_or_nonsense_has_its_default(stored: Any) -> None:
    assert browser_settings.of_json(stored) == BrowserSettings()


def test_settings_survive_their_stored_form() -> None:
    settings = BrowserSettings(is_on=False, needs_consent=True, features=OWN_FEATURES | {"new-basket": 12.5})
    assert browser_settings.of_json(settings.as_json()) == settings


def test_a_change_is_stored_audited_and_published(project: Project, key: IngestKey, alice: Any, now: datetime) -> None:
    assert config(key).json() == {"on": True, "consent": False, "features": OWN_FEATURES}
    browser_settings.change(
        project, is_on=True, needs_consent=True, features={"clicks": 50, "new-basket": 5}, actor=alice, now=now
    )
    answer = config(key)
    assert answer.json()["consent"] is True
    assert answer.json()["features"] == OWN_FEATURES | {"clicks": 50, "new-basket": 5}
    assert answer["Cache-Control"] == "public, max-age=20"
    assert answer["Access-Control-Allow-Origin"] == "*"
    entry = AuditEntry.objects.get(action="browser.change")
    assert entry.actor == "alice"
    assert entry.detail["features"]["new-basket"] == 5


@pytest.mark.parametrize("features", [{"errors": 101}, {"errors": -1}, {"errors": True}, {"New Basket": 5}, {"": 5}])
def test_a_bad_name_or_share_changes_nothing(
    project: Project, alice: Any, now: datetime, features: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        browser_settings.change(project, is_on=False, needs_consent=False, features=features, actor=alice, now=now)
    project.refresh_from_db()
    assert project.browser == {}


def test_a_change_elsewhere_is_seen_after_ten_seconds(project: Project) -> None:
    assert browser_settings.current(project.pk, clock=0).is_on
    Project.objects.update(browser={"on": False})
    assert browser_settings.current(project.pk, clock=9.9).is_on
    assert not browser_settings.current(project.pk, clock=10).is_on


def test_an_unchanged_config_is_not_sent_again(key: IngestKey) -> None:
    first = config(key)
    again = config(key, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == first["Cache-Control"]


def test_only_a_key_of_the_project_reads_its_config(key: IngestKey) -> None:
    other = Project.objects.create(slug="other", name="Other")
    for address in (
        f"/api/{key.project_id}/browser/config.json",
        f"/api/{key.project_id}/browser/config.json?sentry_key={'0' * 32}",
        f"/api/{other.pk}/browser/config.json?sentry_key={key.public_key}",
    ):
        assert Client().get(address).status_code == 403
