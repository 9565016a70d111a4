"""What is frozen when an alert fires, deploys that are suspect, and the timeline that writes itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.delivery import deliver
from alerts.incidents import acting, keeping, numbers, postmortem, suspects, timeline
from alerts.incidents.postmortem import length
from alerts.models import Alert, Incident, Notification, Rule
from alerts.rules import evaluation, rule_setup
from alerts.rules.rule_setup import Wanted
from alerts.slos import house
from alerts.tests import make
from analytics.flags import changing
from analytics.flags.checking import Wanted as FlagWanted
from analytics.models import Bucket
from analytics.questions.watched.metrics import metric_of
from analytics.statistics.ratios import ratio
from analytics.tests import facts
from analytics.tests.flags import make as make_flags
from events.models import Deploy, Issue, Project, Segment
from events.tests import make as make_events
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def deployed(project: Project, version: str, minutes: float, environment: str = "production") -> Deploy:
    release = make_events.release(project, version)
    return Deploy.objects.create(release=release, environment=environment, finished_at=NOW - minutes * MINUTE)


def bad_quarter(project: Project) -> Rule:
    """Two hours of calm, a deploy twelve minutes ago, and a route that fails since."""
    rows = [
        facts.request(NOW - minute * MINUTE, route=route, status=500 if minute % 40 == 5 else 200)
        for minute in range(13, 140) for route in ("GET /a", "GET /b")
    ]  # fmt: skip
    for minute in range(1, 13):
        rows += [facts.request(NOW - minute * MINUTE, route="GET /a", status=500) for _ in range(3)]
        rows += [facts.request(NOW - minute * MINUTE, route="GET /b") for _ in range(3)]
    facts.filled(project, "requests", *[{**row, "environment": "production"} for row in rows])
    issue = make_events.issue(project, title="KeyError: basket", first_seen_at=NOW - 11 * MINUTE, last_seen_at=NOW)
    make_events.occurrence(issue.groups.get(), at=NOW - 2 * MINUTE, environment="production")
    objective = make.objective(project)
    wanted = Wanted(
        name="Requests fail", kind="threshold", metric="requests.error_rate", where={"environment": ["production"]},
        config={"side": "above", "threshold": "5", "window": "10", "min_samples": "10"}, severity="critical",
    )  # fmt: skip
    made = rule_setup.create(project, wanted, actor="test", now=NOW)
    Rule.objects.filter(pk=made.pk).update(objective=objective)
    Rule.objects.exclude(pk=made.pk).update(is_enabled=False)
    return made


def test_a_page_of_evidence_outlives_its_rule_and_its_facts(project: Project, as_alice: Client) -> None:
    made = bad_quarter(project)
    deployed(project, "shop@1.4.2", 12)
    deployed(project, "shop@1.4.1", 100)
    deployed(project, "shop@1.4.0", 5, environment="staging")
    evaluation.run(now=NOW)
    incident = Incident.objects.get()
    known = incident.alerts.get().evidence
    assert [(one["dimension"], one["value"]) for one in known["contributors"]] == [("route", "GET /a")]
    assert known["events"][0]["title"] == "KeyError: basket"
    assert known["budget"]["words"].endswith("% of the budget of “Answers” over 30 days was left.")
    assert [one["release"] for one in known["suspects"]] == ["shop@1.4.2", "shop@1.4.1"]
    assert known["suspects"][0]["words"].startswith("12 min after shop@1.4.2, error rate of requests ×")
    assert 0 < len(known["series"]) <= 200
    assert keeping.run(now=NOW + 3 * MINUTE).studied == 1
    made.delete()
    for model in (Bucket, Segment, Issue, Deploy):
        model.objects.all().delete()
    assert keeping.run(now=NOW + 4 * MINUTE).ended == 1, "the rule is gone, and so is its alert"
    page = as_alice.get(f"/p/web/incidents/{incident.pk}/").content.decode()
    for text in ("<polyline", "Requests fail", "route GET /a", "KeyError: basket", "12 min after shop@1.4.2", "budget"):
        assert text in page, text


def test_a_flag_that_was_switched_is_suspect_like_a_deploy_and_stands_in_the_timeline(
    project: Project, alice: Any
) -> None:
    bad_quarter(project)
    deployed(project, "shop@1.4.1", 100)
    off = FlagWanted(filters=make_flags.filters(make_flags.group()), is_active=False)
    flag = changing.create(project, "pay", off, actor=alice, now=NOW - timedelta(days=1))
    changing.switch(flag, is_active=True, actor=alice, now=NOW - 12 * MINUTE)
    changing.create(project, "nobody", off, actor=alice, now=NOW - 12 * MINUTE)
    evaluation.run(now=NOW)
    incident = Incident.objects.get()
    known = incident.alerts.get().evidence["suspects"]
    assert [(one["kind"], one["flag"], one["release"]) for one in known] == [
        ("flag", "pay", ""), ("deploy", "", "shop@1.4.1"),
    ]  # fmt: skip
    assert known[0]["words"].startswith("12 min after the flag pay was switched on, error rate of requests ×")
    keeping.run(now=NOW + 3 * MINUTE)
    incident.refresh_from_db()
    assert [one["flag"] for one in incident.suspects] == ["pay", ""]
    told = [(entry.kind, entry.text, entry.actor) for entry in timeline.of(incident, now=NOW + 5 * MINUTE)]
    assert ("flag", "The flag pay was switched on.", "alice") in told
    assert ("flag", "The flag nobody was made.", "alice") in told


@pytest.mark.parametrize(
    ("counts", "words", "is_suspect"),
    [
        ((60, 600, 30, 2400), "6 min after v1.4.2, error rate ×8.0 (95 % CI 5.1–12.8)", True),
        ((5, 100, 5, 100), "6 min after v1.4.2, no clear change of error rate: ×1.0 (95 % CI 0.23–4.3)", False),
        ((40, 10, 0, 100), "6 min after v1.4.2, error rate from nothing, at least ×104", True),
        (None, "6 min after v1.4.2", True),
    ],
)
def test_a_suspect_is_worded_by_time_and_effect(counts: Any, words: str, is_suspect: bool) -> None:
    effect = ratio(*counts) if counts else None
    assert suspects.said("v1.4.2", 6.7 * MINUTE, effect, "error rate") == words
    assert (suspects.score(6 * MINUTE, effect) > 0) is is_suspect
    assert suspects.score(6 * MINUTE, effect) >= suspects.score(60 * MINUTE, effect)


@pytest.mark.parametrize(
    ("name", "threshold", "words"),
    [
        ("requests.error_rate", 5.0, "error rate of requests"),
        ("requests.count", None, "requests"),
        ("requests.p95", 1500.0, "share above 1,498 ms"),
    ],
)
def test_what_is_compared_is_said(name: str, threshold: float | None, words: str) -> None:
    said = suspects.what(metric_of(name), threshold)
    assert said == words or (said.startswith("share above 1,") and words.startswith("share above 1,"))


def test_the_timeline_writes_itself_and_is_frozen(project: Project, alice: Any, as_alice: Client) -> None:
    make.channel(project)
    bad_quarter(project)
    deployed(project, "shop@1.4.2", 12)
    evaluation.run(now=NOW)
    deliver.run(now=NOW + MINUTE)
    incident = Incident.objects.get()
    acting.acknowledge(incident, actor=alice, now=NOW + 2 * MINUTE)
    acting.comment(incident, "Rolling back, key sk_live_4eC39HqLyjWDarjtT1zdp7dc", actor=alice, now=NOW + 3 * MINUTE)
    rule_setup.silence(project, {"rule": "Requests fail"}, starts_at=NOW + 4 * MINUTE, ends_at=NOW + 9 * MINUTE,
                       reason="We know", actor=alice, now=NOW + 4 * MINUTE)  # fmt: skip
    Rule.objects.filter(is_enabled=True).update(next_eval_at=NOW + 30 * MINUTE)
    evaluation.run(now=NOW + 30 * MINUTE)
    Alert.objects.update(state="ok")
    incident.refresh_from_db()
    if not incident.is_resolved:
        keeping.run(now=NOW + 31 * MINUTE)
        incident.refresh_from_db()
    assert incident.is_resolved
    later = NOW + timedelta(hours=3)
    before = [(entry.kind, entry.text) for entry in timeline.of(incident, now=later)]
    kinds = [kind for kind, _ in before]
    suspect = Notification.objects.order_by("pk")[0].payload["suspect"]
    assert suspect.startswith("12 min after shop@1.4.2, error rate of requests ×")
    assert {"alert", "deploy", "opened", "message", "acknowledged", "comment", "silence", "resolved"} <= set(kinds)
    assert not any("sk_live" in text for _, text in before), "what people write is scrubbed"
    assert keeping.run(now=later).frozen == 1
    Rule.objects.all().delete()
    Notification.objects.all().delete()
    Deploy.objects.all().delete()
    incident.refresh_from_db()
    assert [(entry.kind, entry.text) for entry in timeline.of(incident, now=later)] == before
    acting.comment(incident, "It was the cache.", actor=alice, now=later + MINUTE)
    assert timeline.of(incident, now=later + MINUTE)[-1].text == "It was the cache."
    assert keeping.run(now=later).frozen == 0
    text = as_alice.get(f"/p/web/incidents/{incident.pk}/postmortem.md").content.decode()
    assert text.startswith("# Requests fail\n")
    assert "## Timeline" in text
    assert "It was the cache." in text


def test_a_post_mortem_shows_foreign_text_as_it_is(project: Project) -> None:
    incident = acting.open_by_hand(
        project, title="[x](javascript:alert(1)) <b>\n# y `z`", severity="error", actor="test", now=NOW
    )
    first = postmortem.markdown(incident, now=NOW).splitlines()[0]
    assert first == r"# \[x\](javascript:alert(1)) \<b\> \# y \`z\`"


def test_numbers_are_medians_of_what_somebody_could_look_after(project: Project) -> None:
    for minutes in (2, 4, 9, 30):
        made = acting.open_by_hand(project, title=f"{minutes}", severity="error", actor="test", now=NOW)
        acting.acknowledge(made, actor="test", now=NOW + minutes * MINUTE / 2)
        acting.resolve(made, actor="test", now=NOW + minutes * MINUTE)
    silent = acting.open_by_hand(project, title="silent", severity="error", actor="test", now=NOW)
    Incident.objects.filter(pk=silent.pk).update(was_told=False, resolved_at=NOW + timedelta(days=3))
    acting.open_by_hand(project, title="going on", severity="error", actor="test", now=NOW)
    found = numbers.numbers(project.pk, start=NOW, end=NOW + MINUTE)
    assert (found.incidents, found.unresolved) == (5, 1)
    assert (found.to_resolve.n, found.to_resolve.median, found.to_resolve.p90) == (4, 6.5 * MINUTE, 23.7 * MINUTE)
    assert (found.to_acknowledge.n, found.to_acknowledge.median) == (4, 3.25 * MINUTE)
    assert (found.soon.total, found.soon.bad) == (4, 1)
    promised = house.resolving(project, now=NOW + timedelta(days=1))
    assert (promised.is_kept, promised.unresolved) == (True, 1)
    assert house.resolving(project, now=NOW + timedelta(days=40)).is_kept is None
    assert numbers.numbers(project.pk, start=NOW + MINUTE, end=NOW + 2 * MINUTE).to_resolve.median is None
    assert [length(timedelta(seconds=n)) for n in (45, 700, 11_100, 187_200)] == [
        "45 s",
        "11 min",
        "3 h 5 min",
        "2 d 4 h",
    ]
