"""The admin manages channels by the functions the pages use, and shows the log without changing it."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.delivery import channel_setup, deliver, notify
from alerts.models import AlertTransition, Channel, DeliveryAttempt, Notification, Rule
from alerts.tests import make
from alerts.tests.servers import serving
from events.models import AuditEntry, Project

URL = "https://1.1.1.1/hook/of/the/team/secretX1a9"
CHANNELS = "/admin/alerts/channel/"


@pytest.fixture
def as_root(db: None) -> Client:
    client = Client()
    root = get_user_model().objects.create_superuser("root", "root@example.org", "root-password-1")
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    return client


def actions() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="channel.").order_by("id")
    return list(found.values_list("action", flat=True))


def filled(project: Project, **fields: Any) -> dict[str, Any]:
    return {"project": project.pk, "name": "Team", "kind": "webhook", "min_level": "debug", **fields}


def test_a_channel_is_added_by_the_audited_function(as_root: Client, project: Project) -> None:
    assert as_root.get(f"{CHANNELS}add/").status_code == 200
    answer = as_root.post(f"{CHANNELS}add/", filled(project, url=URL, secret=make.SIGNING))
    assert answer.status_code == 302
    assert channel_setup.stored(Channel.objects.get()) == {"url": URL, "secret": make.SIGNING}
    assert actions() == ["channel.create"]


def test_a_private_address_is_refused_when_added_and_when_changed(as_root: Client, project: Project) -> None:
    private = {"url": "http://127.0.0.1/", "secret": make.SIGNING}
    answer = as_root.post(f"{CHANNELS}add/", filled(project, **private))
    assert "not public" in answer.content.decode()
    channel = make.channel(project, URL)
    answer = as_root.post(f"{CHANNELS}{channel.pk}/change/", filled(project, **private))
    assert "not public" in answer.content.decode()
    assert channel_setup.stored(Channel.objects.get())["url"] == URL


def test_a_channel_is_changed_without_showing_its_secrets(as_root: Client, project: Project) -> None:
    channel = make.channel(project, URL)
    text = as_root.get(f"{CHANNELS}{channel.pk}/change/").content.decode()
    assert "1.1.1.1/…X1a9" in text
    assert "secretX1a9" not in text
    assert make.SIGNING not in text
    answer = as_root.post(f"{CHANNELS}{channel.pk}/change/", filled(project, name="Renamed"))
    assert answer.status_code == 302
    channel = Channel.objects.get()
    assert (channel.name, channel_setup.stored(channel)["url"]) == ("Renamed", URL)
    assert actions() == ["channel.create", "channel.update"]


def test_a_name_that_is_taken_is_refused(as_root: Client, project: Project) -> None:
    make.channel(project, name="Team")
    other = make.channel(project, name="other")
    answer = as_root.post(f"{CHANNELS}{other.pk}/change/", filled(project))
    assert "has this name" in answer.content.decode()
    answer = as_root.post(f"{CHANNELS}add/", filled(project, kind="email", addresses="a@example.org"))
    assert answer.status_code == 200
    assert Channel.objects.count() == 2


def test_channels_are_switched_tested_and_deleted_by_the_audited_functions(
    as_root: Client, project: Project, settings: Any
) -> None:
    with serving() as server:
        settings.OBS_OUTBOUND_ALLOW = [server.endpoint]
        channel = make.channel(project, server.url)
        for action in ("disable", "enable", "send_test"):
            page = as_root.post(CHANNELS, {"action": action, "_selected_action": [channel.pk]}, follow=True)
        assert "Delivered (200)" in page.content.decode()
    selected = {"action": "delete_selected", "_selected_action": [channel.pk], "post": "yes"}
    as_root.post(CHANNELS, selected)
    assert not Channel.objects.exists()
    assert actions() == [f"channel.{name}" for name in ("create", "disable", "enable", "test", "delete")]


def test_one_channel_is_deleted_by_the_audited_function(as_root: Client, project: Project) -> None:
    as_root.post(f"{CHANNELS}{make.channel(project).pk}/delete/", {"post": "yes"})
    assert actions() == ["channel.create", "channel.delete"]


@pytest.mark.parametrize("model", ["channel", "notification", "deliveryattempt"])
def test_a_list_asks_as_many_questions_for_many_rows_as_for_few(
    as_root: Client, project: Project, now: datetime, model: str
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert as_root.get(f"/admin/alerts/{model}/").status_code == 200
        return len(asked)

    make.channel(project)
    make.transitions(project, 1)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    questions()
    few = questions()
    for n in range(6):
        make.channel(project, name=f"channel {n}")
    make.transitions(project, 4)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    assert DeliveryAttempt.objects.count() == 29
    assert questions() == few


def test_the_log_is_read_only(as_root: Client, project: Project, now: datetime) -> None:
    make.channel(project)
    make.transitions(project, 1)
    notify.claim_transitions(now=now)
    deliver.run(now=now)
    notification, attempt = Notification.objects.get(), DeliveryAttempt.objects.get()
    for model, pk in (("notification", notification.pk), ("deliveryattempt", attempt.pk)):
        assert as_root.get(f"/admin/alerts/{model}/{pk}/change/").status_code == 200
        assert as_root.post(f"/admin/alerts/{model}/{pk}/change/", {}).status_code == 403
        assert as_root.post(f"/admin/alerts/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert as_root.get(f"/admin/alerts/{model}/add/").status_code == 403


RULES = "/admin/alerts/rule/"


def trail(prefix: str) -> list[str]:
    found = AuditEntry.objects.filter(action__startswith=prefix).order_by("id")
    return list(found.values_list("action", flat=True))


def test_a_rule_is_changed_switched_and_deleted_by_the_audited_functions(as_root: Client, project: Project) -> None:
    rule = make.firing(project)["rule_id"]
    page = as_root.get(f"{RULES}{rule.pk}/change/")
    form = {name: "" if value is None else value for name, value in page.context["adminform"].form.initial.items()}
    form |= {
        name: field.initial
        for name, field in page.context["adminform"].form.fields.items()
        if name.startswith("of_kind")
    }
    refused = as_root.post(f"{RULES}{rule.pk}/change/", {**form, "channels": [], "of_kind_threshold": "many"})
    assert "This is not a number." in refused.content.decode()
    saved = as_root.post(f"{RULES}{rule.pk}/change/", {**form, "channels": [], "of_kind_threshold": "7", "name": "Few"})
    assert saved.status_code == 302
    rule.refresh_from_db()
    assert (rule.name, rule.config["threshold"]) == ("Few", 7.0)
    for action in ("disable", "enable", "delete_selected"):
        as_root.post(RULES, {"action": action, "_selected_action": [rule.pk], "post": "yes"})
    assert not Rule.objects.exists()
    assert trail("rule.") == [f"rule.{name}" for name in ("create", "update", "disable", "enable", "delete")]
    assert as_root.get(f"{RULES}add/").status_code == 403


def test_rules_of_an_objective_go_with_it(as_root: Client, project: Project) -> None:
    objective = make.objective(project)
    rule = objective.rules.all()[0]
    assert as_root.get(f"{RULES}{rule.pk}/change/").status_code == 200
    assert as_root.post(f"{RULES}{rule.pk}/change/", {"name": "x"}).status_code == 403
    as_root.post(RULES, {"action": "delete_selected", "_selected_action": [rule.pk], "post": "yes"})
    assert objective.rules.count() == 4
    as_root.post(f"/admin/alerts/objective/{objective.pk}/delete/", {"post": "yes"})
    assert not Rule.objects.exists()
    assert trail("slo.") == ["slo.create", "slo.delete"]


def test_alerts_are_shown_with_their_evidence_and_silences_are_ended(as_root: Client, project: Project) -> None:
    made = make.firing(project, now=timezone.now())
    change = AlertTransition.objects.get()
    page = as_root.get(f"/admin/alerts/alerttransition/{change.pk}/change/").content.decode()
    assert "requests.count" in page
    for model, pk in (
        ("alert", made["alert_id"].pk),
        ("alerttransition", change.pk),
        ("silence", made["silence_id"].pk),
    ):
        assert as_root.get(f"/admin/alerts/{model}/").status_code == 200
        assert as_root.post(f"/admin/alerts/{model}/{pk}/change/", {}).status_code == 403
        assert as_root.post(f"/admin/alerts/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    silence = made["silence_id"]
    as_root.post("/admin/alerts/silence/", {"action": "end", "_selected_action": [silence.pk]})
    ends_at = silence.ends_at
    silence.refresh_from_db()
    assert silence.ends_at < ends_at
    assert trail("silence.") == ["silence.create", "silence.end"]
