"""Deploys on pages: how they become known, and their markers on charts."""

from datetime import timedelta
from typing import Any

from django.test import Client

from alerts.models import Incident
from analytics.models import Flag
from dashboard.charts import markers
from dashboard.charts.figures import Figure, layout
from dashboard.frame import state
from events.models import DeployHook, Project
from events.releases import deploys, lifecycle
from events.releases.lifecycle import Change
from events.tests.cast import NOW

PAGE = "/p/web/settings/deploys/"


def _deploy(project: Project, version: str, hours: int, environment: str = "live", **more: Any) -> None:
    release, _ = lifecycle.create(project, version, actor="test", now=NOW)
    at = NOW - timedelta(hours=hours)
    deploys.put(release, environment=environment, actor="test", changed_at=at, now=at, **more)


def test_a_hook_shows_its_address_and_secret_once(as_alice: Client, project: Project) -> None:
    assert "No hook yet." in as_alice.get(PAGE).content.decode()
    made = as_alice.post(f"{PAGE}hooks/", {"source": "github", "version": "{sha}"}).content.decode()
    hook = DeployHook.objects.get()
    assert f"/api/deploys/hooks/{hook.token}/" in made
    assert hook.secret in made
    later = as_alice.get(PAGE).content.decode()
    assert hook.secret not in later
    assert hook.token not in later
    assert as_alice.post(f"{PAGE}hooks/{hook.pk}/delete/").status_code == 302
    assert not DeployHook.objects.exists()


def test_what_was_typed_wrong_is_named_beside_its_field(as_alice: Client, project: Project) -> None:
    for typed, words in (
        ({"source": "vercel"}, "makes the secret"),
        ({"source": "github", "version": "{what}"}, "{short_sha}"),
        ({"source": "jenkins"}, "Choose who will call"),
    ):
        answer = as_alice.post(f"{PAGE}hooks/", typed)
        assert (answer.status_code, words in answer.content.decode()) == (400, True), typed
    assert not DeployHook.objects.exists()


def test_deploys_are_listed_with_their_states_and_paged(as_alice: Client, project: Project) -> None:
    for number in range(30):
        _deploy(project, f"v{number}", number)
    _deploy(project, "next", 0, state=deploys.State.IN_PROGRESS)
    whole = (as_alice.get(PAGE, {"page": page}).content.decode() for page in (1, 2))
    first, second = (html.partition("<main")[2] for html in whole)
    assert "under way" in first
    assert first.index(">next<") < first.index(">v0<")
    assert ">v29<" in second


def test_a_marker_stands_for_a_release_in_an_environment_and_leads_to_it(project: Project) -> None:
    _deploy(project, "v1", 9)
    _deploy(project, "v1", 5)  # again: not told twice
    _deploy(project, "v1", 4, environment="staging")
    _deploy(project, "v2", 2, state=deploys.State.FAILURE)
    release, _ = lifecycle.create(project, "v1", actor="test", now=NOW)
    names = ["Ada", "Ada", "Bob & Co", ""]
    lifecycle.set_commits(
        release, [Change(f"{n:07}", author=name) for n, name in enumerate(names)], actor="test", now=NOW
    )
    shown = state.parse({"from": "-24h"}, now=NOW)
    found = markers.of(project, shown)
    assert [one.at for one in found] == [NOW - timedelta(hours=9), NOW - timedelta(hours=4)]
    assert found[0].url == "/p/web/releases/v1/"
    assert found[0].lines[2] == "4 commits by Ada, Bob & Co"
    figure = Figure([], layout(start=shown.start, end=shown.end), "", [], [], markers=found)
    assert "Bob &amp; Co" in figure.as_dict()["markers"][0]["lines"][2]
    for shared in figure.for_strangers().as_dict()["markers"]:
        assert (shared["label"], shared["lines"], shared["url"]) == ("v1", [], "")


def test_flags_and_incidents_are_markers_too(project: Project, as_alice: Client) -> None:
    _deploy(project, "v1", 9, environment="production")
    flag = Flag.objects.create(project=project, key="new-basket", filters={"groups": []})
    definition = {"is_active": True, "filters": {"groups": []}}
    for hours in (30, 3):
        flag.versions.create(number=hours, definition=definition, note="Half of all", at=NOW - timedelta(hours=hours))
    for environment in ("production", "staging"):
        Incident.objects.create(
            project=project, title=f"Down in {environment}", environment=environment, began_at=NOW - timedelta(hours=2)
        )
    shown = state.parse({"from": "-24h", "env": "production"}, now=NOW)
    found = markers.of(project, shown)
    assert [(one.kind, one.label) for one in found] == [
        ("deploy", "v1"),
        ("flag", "new-basket"),
        ("incident", "Down in production"),
    ]
    assert found[1].lines[2] == "Half of all"
    assert found[1].url == f"/p/{project.slug}/flags/{flag.pk}/"
    for marker in (found[0], found[2]):
        assert as_alice.get(marker.url).status_code == 200, marker
