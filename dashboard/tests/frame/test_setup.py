"""The browser script is steered by a form, and the lines to paste work."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from dashboard.pages.project import snippets
from events.endpoints import browser_settings
from events.endpoints.browser_settings import OWN_FEATURES
from events.models import AuditEntry, Membership, Project

DSN = "https://0123456789abcdef0123456789abcdef@obs.example/7"


def posted(**changes: Any) -> dict[str, Any]:
    names = [*OWN_FEATURES, "new-checkout", ""]
    return {
        "action": "browser",
        "on": "1",
        "feature": names,
        "share": ["50", "100", "0", "12,5", "100", "5", ""],
        **changes,
    }


def test_an_owner_steers_the_browser_script_by_the_form(as_alice: Client, project: Project) -> None:
    as_alice.post(reverse("dashboard:settings-change", args=[project.slug]), posted(consent="1"))
    project.refresh_from_db()
    steered = browser_settings.of_project(project)
    assert (steered.is_on, steered.needs_consent) == (True, True)
    assert steered.features == {
        "errors": 50, "vitals": 100, "pages": 0, "timings": 12.5, "clicks": 100, "new-checkout": 5,
    }  # fmt: skip
    assert AuditEntry.objects.filter(action="browser.change").count() == 1
    html = as_alice.get(reverse("dashboard:settings", args=[project.slug])).content.decode()
    assert 'value="new-checkout"' in html
    assert 'name="consent" value="1" checked' in html


def test_what_is_not_ticked_is_off_and_what_loses_its_name_is_gone(as_alice: Client, project: Project) -> None:
    url = reverse("dashboard:settings-change", args=[project.slug])
    as_alice.post(url, posted())
    as_alice.post(url, {"action": "browser", "feature": ["", "errors"], "share": ["5", "1"]})
    project.refresh_from_db()
    steered = browser_settings.of_project(project)
    assert (steered.is_on, steered.needs_consent) == (False, False)
    assert steered.features == {**OWN_FEATURES, "errors": 1}


@pytest.mark.parametrize("share", ["101", "-1", "nan", "all", ""])
def test_a_share_that_is_none_changes_nothing(as_alice: Client, project: Project, share: str) -> None:
    url = reverse("dashboard:settings-change", args=[project.slug])
    answer = as_alice.post(url, {"action": "browser", "feature": ["errors"], "share": [share]}, follow=True)
    assert "errors: a share is 0 to 100 percent" in answer.content.decode()
    project.refresh_from_db()
    assert browser_settings.of_project(project).is_on


def test_an_editor_reads_what_the_script_does_and_cannot_change_it(project: Project) -> None:
    editor = get_user_model().objects.create_user("erin", password="a-long-password-1")
    Membership.objects.create(project=project, user=editor, role="editor")
    client = Client()
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    assert (
        "<dt>clicks</dt><dd>0 %</dd>" in client.get(reverse("dashboard:settings", args=[project.slug])).content.decode()
    )
    assert client.post(reverse("dashboard:settings-change", args=[project.slug]), posted()).status_code == 403


def snippet(name: str) -> snippets.Snippet:
    return next(one for one in snippets.of(DSN, base_url="https://obs.example", slug="web") if one.name == name)


def test_the_tag_names_the_newest_script_and_its_true_hash() -> None:
    name, _ = snippets.browser_script()
    built = (Path(settings.BASE_DIR) / "events/static/clients" / name).read_bytes()
    code = snippet("script").code
    assert f'src="https://obs.example/static/clients/{name}"' in code
    assert f'integrity="sha256-{base64.b64encode(hashlib.sha256(built).digest()).decode()}"' in code
    assert f'data-dsn="{DSN}"' in code


def test_the_middleware_is_pasted_with_its_dsn() -> None:
    code = snippet("middleware").code
    assert '"formaos_obs_client.Middleware"' in code
    assert f'OBS_DSN = "{DSN}"' in code
