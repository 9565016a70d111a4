"""A page in a state can be kept under a name, found again by its people, and forgotten."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from dashboard.frame import saved_views
from dashboard.models import SavedView
from events.models import AuditEntry, Project
from events.tests import make

URL = "/p/web/issues/?env=production&from=-7d&query=is%3Anew"


def save(project: Project, owner: Any, **changes: Any) -> SavedView:
    return saved_views.save(
        project, **{"owner": owner, "name": "Checkout", "url": URL, "now": timezone.now(), **changes}
    )


def test_a_view_is_kept_listed_opened_and_forgotten(as_alice: Client, project: Project) -> None:
    answer = as_alice.post("/p/web/views/save/", {"name": " Checkout  new ", "next": URL, "is_shared": "1"})
    assert answer["Location"] == URL
    view = SavedView.objects.get()
    assert (view.name, view.url, view.is_shared) == ("Checkout new", URL, True)
    page = as_alice.get("/p/web/issues/").content.decode()
    assert page.count(URL.replace("&", "&amp;")) == 2  # the menu and the palette
    as_alice.post(f"/p/web/views/{view.pk}/delete/", {"next": "/p/web/issues/"})
    assert not SavedView.objects.exists()
    written = AuditEntry.objects.filter(action__startswith="view.").order_by("id").values_list("action", "object_id")
    assert list(written) == [("view.save", str(view.pk)), ("view.delete", str(view.pk))]


def test_the_same_name_replaces(project: Project, alice: Any) -> None:
    first = save(project, alice)
    assert save(project, alice, url="/p/web/").pk == first.pk
    assert SavedView.objects.get().url == "/p/web/"


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/p/web/", "//evil.example/p/web/", "/p/other/", "/admin/", "/nowhere/", "", "javascript:1",
     "/p/web/?" + "a" * 2001, "http://[", "/p/web/pulse.json"],
)  # fmt: skip
def test_only_pages_of_the_project_are_kept(project: Project, alice: Any, url: str) -> None:
    Project.objects.create(slug="other", name="Other")
    with pytest.raises(ValidationError):
        save(project, alice, url=url)


def test_a_view_belongs_to_its_maker_until_shared(project: Project, alice: Any, bob: Any, as_bob: Client) -> None:
    own = save(project, alice)
    assert list(saved_views.visible(project, bob)) == []
    assert as_bob.post(f"/p/web/views/{own.pk}/delete/").status_code == 404
    shared = save(project, alice, name="Shared", is_shared=True)
    assert list(saved_views.visible(project, bob)) == [shared]
    as_bob.post(f"/p/web/views/{shared.pk}/delete/")
    assert SavedView.objects.count() == 2


def test_viewers_keep_their_own_and_share_none(project: Project, bob: Any, alice: Any) -> None:
    with pytest.raises(ValidationError):
        save(project, bob, is_shared=True)
    saved_views.delete(save(project, bob), actor=alice, now=timezone.now())
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_keeping(project: Project, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST", 2)
    save(project, alice, name="1")
    save(project, alice, name="2")
    save(project, alice, name="2", url="/p/web/")
    with pytest.raises(ValidationError):
        save(project, alice, name="3")
    with pytest.raises(ValidationError):
        save(project, alice, name=" ")


def test_the_wall_has_no_bar_and_refreshes_itself(as_alice: Client, project: Project) -> None:
    make.issue(project)
    page = as_alice.get("/p/web/?wall=1").content.decode()
    assert '<header class="bar">' not in page
    assert '<meta http-equiv="refresh" content="60">' in page
    assert "wall.js" in page
    plain = as_alice.get("/p/web/").content.decode()
    assert '<header class="bar">' in plain
    assert "http-equiv" not in plain


def test_a_wall_keeps_no_login_alive(as_alice: Client, project: Project) -> None:
    make.issue(project)
    as_alice.get("/p/web/")
    session = as_alice.session
    session["obs_seen"] -= 1200
    session.save()
    long_ago = session["obs_seen"]
    as_alice.get("/p/web/?wall=1")
    assert as_alice.session["obs_seen"] == long_ago
    as_alice.get("/p/web/")
    assert as_alice.session["obs_seen"] > long_ago


def test_the_link_to_copy_means_the_same_tomorrow(as_alice: Client, project: Project) -> None:
    answer = as_alice.get("/p/web/issues/?query=&from=-7d&page=2")
    url = answer.context["copy_url"]
    assert "from=-7d" not in url
    shown = answer.context["state"]
    for part in ("query=", "page=2", f"from={shown.start:%Y-%m-%dT%H}%3A", f"to={shown.end:%Y-%m-%dT%H}%3A"):
        assert part in url
