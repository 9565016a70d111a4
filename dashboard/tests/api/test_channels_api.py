"""The API of channels: made, changed, tried and deleted as on their pages, and no secret in any answer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.delivery import channel_setup, notify
from alerts.delivery.channels import KINDS
from alerts.models import Channel, Notification, Route
from alerts.routing import setup
from alerts.routing.setup import Step, WantedRoute
from alerts.tests import make
from alerts.tests.servers import Reply, serving
from dashboard.tests.api.test_alerting_api import Caller
from events.models import AuditEntry, Project

pytestmark = pytest.mark.django_db
URL = "https://1.1.1.1/hook/of/the/team/secretX1a9"
TEAM: dict[str, Any] = {"name": "Team", "kind": "standard", "url": URL, "secret": make.STANDARD}
TYPED: dict[str, Any] = {
    "url": URL, "secret": make.STANDARD, "routing_key": make.ROUTING_KEY, "addresses": ["team@example.org"],
}  # fmt: skip
SLACK = "https://hooks.slack.com/services/T0/B0/secretX1a9"
DISCORD = "https://discord.com/api/webhooks/123456789012345678/secretX1a9"


@pytest.fixture
def owner(alice: Any) -> Caller:
    return Caller(alice, "read", "admin")


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__regex="^(channel|delivery|access)[.]").order_by("pk")
    return list(found.values_list("action", flat=True))


def test_a_channel_is_made_read_changed_switched_and_deleted(project: Project, owner: Caller) -> None:
    other = make.channel(project, name="Other")
    conduct = {"quiet_from": "22:00", "quiet_until": "07:00", "quiet_days": [5, 4], "quiet_zone": "Europe/Berlin"}
    made = owner("post", "channels/", {**TEAM, **conduct, "fallback": "Other", "environments": ["live"]}, expect=201)
    assert made["secure_fields"] == {"url": True, "secret": True}
    assert (made["fallback"], made["quiet_from"], made["quiet_days"]) == ("Other", "22:00:00", [4, 5])
    assert (made["is_enabled"], made["waiting"], made["min_level"]) == (True, 0, "debug")
    address = f"channels/{made['id']}/"
    assert owner("get", address) == made
    changed = owner("patch", address, {"transitions": ["regression"], "is_enabled": False, "fallback": None})
    assert (changed["transitions"], changed["is_enabled"], changed["fallback"]) == (["regression"], False, None)
    assert (changed["disabled_reason"], changed["quiet_zone"]) == ("By hand.", "Europe/Berlin"), "what is unsent stays"
    newer = "https://1.1.1.1/another/hook/of/the/team"
    assert owner("patch", address, {"url": newer, "is_enabled": True})["is_enabled"]
    assert channel_setup.stored(Channel.objects.get(pk=made["id"])) == {"url": newer, "secret": make.STANDARD}
    assert [one["name"] for one in owner("get", "channels/")["results"]] == ["Other", "Team"]
    owner("delete", address, expect=204)
    owner("get", address, expect=404)
    assert Channel.objects.get() == other
    assert actions()[1:] == [
        "channel.create", "channel.view", "channel.update", "channel.disable", "channel.update", "channel.enable",
        "channel.list", "channel.delete", "access.denied",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "apprise"])
def test_no_answer_and_no_entry_holds_a_secret(project: Project, owner: Caller, bob: Any, kind: str) -> None:
    typed = {**TYPED, "url": {"slack": SLACK, "discord": DISCORD}.get(kind, URL)}
    sent = {name: typed[name] for name in KINDS[kind].FIELDS}
    made = owner("post", "channels/", {"name": "Team", "kind": kind, **sent}, expect=201)
    address = f"channels/{made['id']}/"
    reader = Caller(bob, "read")
    said = [made, owner("patch", address, {**sent, "name": "Renamed"})]
    said += [reader("get", where) for where in ("channels/", address, f"{address}routes/")]
    assert made["secure_fields"] == dict.fromkeys(KINDS[kind].FIELDS, True)
    everything = f"{said} {list(AuditEntry.objects.values())}"
    for secret in ("secretX1a9", "/hook", make.STANDARD, make.ROUTING_KEY, "team@example.org", "services/T0"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "name", "blank"),
        ({"name": "Taken"}, "name", "has this name"),
        ({"kind": "pager"}, "kind", "not a valid choice"),
        ({"url": "https://1.1.1.1:22/x"}, "url", "Port"),
        ({"url": "http://10.1.2.3:8065/x"}, "url", "OBS_OUTBOUND_ALLOW=10.1.2.3:8065 would allow it."),
        ({"secret": "short"}, "secret", "base64"),
        ({"routing_key": make.ROUTING_KEY}, "routing_key", "Webhook has no such field."),
        ({"kind": "slack", "secret": make.STANDARD}, "secret", "Slack has no such field."),
        ({"transitions": ["deleted"]}, "transitions", "not a valid choice"),
        ({"min_level": "loud"}, "min_level", "not a valid choice"),
        ({"environments": ["a\x00"]}, "environments", "Null characters"),
        ({"fallback": "nobody"}, "fallback", "There is no channel nobody."),
        ({"quiet_from": "22:00"}, "quiet_until", "From and until"),
        ({"quiet_zone": "Mars/Base"}, "quiet_zone", "Not the name of a time zone"),
        ({"quiet_days": [7]}, "quiet_days", "less than"),
        ({"is_house": True}, "is_house", "Only a superuser"),
    ],
)
def test_what_is_refused_is_named_by_its_field(
    project: Project, owner: Caller, change: dict[str, Any], field: str, words: str
) -> None:
    make.channel(project, name="Taken")
    refused = owner("post", "channels/", {**TEAM, **change}, expect=400)
    assert words in str(refused["fields"][field])
    if "kind" not in change:
        own = owner("post", "channels/", TEAM, expect=201)
        refused = owner("patch", f"channels/{own['id']}/", change, expect=400)
        assert words in str(refused["fields"][field])
        assert owner("get", f"channels/{own['id']}/") == own
    assert Channel.objects.exclude(name__in=["Taken", "Team"]).count() == 0


def test_what_belongs_to_some_kinds_and_people_is_refused_to_others(project: Project, owner: Caller) -> None:
    pager = make.channel(project, "https://1.1.1.1/v2/enqueue", kind="pagerduty", name="Pager")
    quiet = {"quiet_from": "22:00", "quiet_until": "07:00"}
    refused = owner("patch", f"channels/{pager.pk}/", quiet, expect=400)
    assert refused["fields"]["quiet_from"] == ["PagerDuty takes each message at once."]
    assert "keeps its kind" in owner("patch", f"channels/{pager.pk}/", {"kind": "slack"}, expect=400)["detail"]
    assert owner("patch", f"channels/{pager.pk}/", {"kind": "pagerduty", "name": "Page"})["name"] == "Page"
    for change in ({"kind": "apprise", "url": "ntfys://topic"}, {"kind": "apprise"}):
        refused = owner("post", "channels/", {"name": "Long tail", **change}, expect=400)
        assert "Only a superuser" in str(refused["fields"]["url"])
    Channel.objects.filter(pk=pager.pk).update(kind="apprise", is_house=True)
    assert "Only a superuser" in owner("patch", f"channels/{pager.pk}/", {"name": "x"}, expect=400)["detail"]
    Channel.objects.filter(pk=pager.pk).update(kind="pagerduty")
    assert owner("patch", f"channels/{pager.pk}/", {"name": "x"})["is_house"], "what is unsent stays"
    assert "Only a superuser" in owner("patch", f"channels/{pager.pk}/", {"is_house": False}, expect=400)["detail"]
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    assert Caller(root, "read", "admin")("patch", f"channels/{pager.pk}/", {"is_house": False})["is_house"] is False


def test_channels_that_would_send_in_a_circle_are_refused(project: Project, owner: Caller) -> None:
    first = make.channel(project, name="First")
    owner("post", "channels/", {**TEAM, "fallback": "First"}, expect=201)
    refused = owner("patch", f"channels/{first.pk}/", {"fallback": "Team"}, expect=400)
    assert "in a circle" in str(refused["fields"]["fallback"])


def test_a_channel_whose_key_is_lost_is_told_and_can_be_given_new_secrets(
    project: Project, owner: Caller, as_alice: Any, settings: Any
) -> None:
    channel = make.channel(project, URL, name="Lost")
    keys, settings.OBS_ENCRYPTION_KEYS = settings.OBS_ENCRYPTION_KEYS, ["c" * 64]
    address = f"channels/{channel.pk}/"
    assert owner("get", "channels/")["results"][0]["secure_fields"] == {"url": False, "secret": False}
    assert owner("patch", address, {"min_level": "fatal"})["min_level"] == "fatal"
    assert "No key of OBS_ENCRYPTION_KEYS" in str(owner("patch", address, {"url": URL}, expect=400)["fields"]["secret"])
    assert "No key of" in owner("post", f"{address}test/")["words"]
    page, form = f"/p/web/alerts/channels/{channel.pk}/edit/", {"name": "Lost", "min_level": "fatal", "url": URL}
    refused = as_alice.post(page, form)
    assert (refused.status_code, "No key of OBS_ENCRYPTION_KEYS" in refused.content.decode()) == (422, True)
    changed = owner("patch", address, {"url": URL, "secret": make.SIGNING})
    assert changed["secure_fields"] == {"url": True, "secret": True}
    settings.OBS_ENCRYPTION_KEYS = keys
    assert as_alice.post(page, {**form, "secret": make.SIGNING}).status_code == 302
    assert owner("get", address)["secure_fields"] == {"url": True, "secret": True}


@pytest.mark.parametrize(("status", "words"), [(200, "Delivered (200) in"), (410, "Answered 410.")])
def test_a_test_message_says_what_came_of_it_and_stands_in_the_log(
    project: Project, owner: Caller, bob: Any, settings: Any, status: int, words: str
) -> None:
    with serving(Reply(status)) as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        made = owner("post", "channels/", {**TEAM, "url": server.url}, expect=201)
        found = owner("post", f"channels/{made['id']}/test/")
    assert (found["is_sent"], found["status"], len(server.requests)) == (status == 200, status, 1)
    assert found["words"].startswith(words)
    [line] = Caller(bob, "read")("get", f"channels/{made['id']}/deliveries/")["results"]
    assert (line["kind"], line["status"]) == ("test", "sent" if status == 200 else "dead")
    assert (line["title"], line["tries"][0]["status"]) == ("“Team” can be reached", status)
    assert actions() == ["channel.create", "channel.test", "delivery.list"]


def test_the_log_is_narrowed_and_paged(project: Project, owner: Caller, now: datetime) -> None:
    channel = make.channel(project)
    there = {"payload_version": 1, "next_attempt_at": now, "created_at": now, "channel": channel}
    rows = [
        Notification(dedup=str(n), kind="new_issue", status="sent", payload={"title": f"Error {n:03}"}, **there)
        for n in range(120)
    ]
    Notification.objects.bulk_create(rows)
    make.given_up(project)
    where = f"channels/{channel.pk}/deliveries/"
    first = owner("get", where)
    assert [one["title"] for one in first["results"]][::99] == ["Error 119", "Error 020"]
    second = owner("get", f"{where}?cursor={first['next']}")
    assert (len(second["results"]), second["next"]) == (20, None)
    assert owner("get", f"{where}?status=dead")["results"] == []
    assert len(owner("get", f"{where}?status=sent&kind=new_issue")["results"]) == 100
    assert "status" in owner("get", f"{where}?status=lost", expect=400)["fields"]


def test_the_list_asks_as_many_questions_for_many_channels_as_for_one(
    project: Project, owner: Caller, now: datetime
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            owner("get", "channels/")
        return len(asked)

    make.channel(project, name="One")
    make.transitions(project, 2)
    notify.claim_transitions(now=now)
    assert owner("get", "channels/")["results"][0]["waiting"] == 2
    few = questions()
    for n in range(9):
        make.channel(project, name=f"channel {n}")
    assert questions() == few


def test_the_routes_that_name_a_channel_are_listed_in_their_order(project: Project, owner: Caller) -> None:
    channel, other = make.channel(project, name="Team"), make.channel(project, name="Other")
    now = timezone.now()

    def route(name: str, position: int, channels: list[Channel], steps: list[Step]) -> None:
        wanted = WantedRoute(name=name, position=position, matchers="team=web")
        setup.store_route(
            Route(project=project), wanted, channels=channels, steps=steps, actor="test", now=now + timedelta(hours=1)
        )

    route("by step", 1, [other], [Step(15, [channel]), Step(30, [channel, other])])
    route("elsewhere", 2, [other], [])
    route("by name", 3, [channel], [Step(15, [channel])])
    found = owner("get", f"channels/{channel.pk}/routes/")
    assert [one["name"] for one in found] == ["by step", "by name"]
    assert found[1]["channels"] == [channel.pk]
    assert len(owner("get", f"channels/{other.pk}/routes/")) == 2


def test_changes_take_the_scope_admin_and_the_role_editor(project: Project, alice: Any, bob: Any, charlie: Any) -> None:
    own = f"channels/{make.channel(project).pk}/"
    changing = [("post", "channels/"), ("patch", own), ("delete", own), ("post", f"{own}test/")]
    reading = ["channels/", own, f"{own}deliveries/", f"{own}routes/"]
    before = AuditEntry.objects.count()
    for method, where in changing:
        Caller(alice, "read")(method, where, {}, expect=403)
        Caller(bob, "read", "admin")(method, where, {}, expect=403)
        Caller(charlie, "read", "admin")(method, where, {}, expect=404)
    for where in reading:
        Caller(bob, "read")("get", where)
        Caller(charlie, "read")("get", where, expect=404)
    # One of each call, and one of each token that was made for it.
    assert AuditEntry.objects.count() - before == 2 * (3 * len(changing) + 2 * len(reading))
    assert (Channel.objects.count(), Notification.objects.count()) == (1, 0)


def test_a_channel_of_another_project_is_not_found(project: Project, owner: Caller) -> None:
    foreign = make.channel(Project.objects.create(slug="other", name="Other"), name="Foreign")
    own = f"channels/{foreign.pk}/"
    for method, where in (("get", own), ("patch", own), ("delete", own), ("post", f"{own}test/")):
        owner(method, where, {} if method != "get" else None, expect=404)
    refused = owner("post", "channels/", {**TEAM, "fallback": "Foreign"}, expect=400)
    assert refused["fields"] == {"fallback": ["There is no channel Foreign."]}
