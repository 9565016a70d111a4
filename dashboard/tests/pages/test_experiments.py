"""The pages of experiments: planned, started, read, decided by people who may, and clear where nothing is known."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.experiments import changing
from analytics.experiments.judging import Compared, Judged, split
from analytics.experiments.plans import Metric
from analytics.experiments.results import Course, Results
from analytics.flags import books
from analytics.models import Experiment
from analytics.questions.variants.experiments import Kind, Measure
from analytics.statistics.effects import Effect
from analytics.tests.experiments import make
from dashboard.pages.experiments import presenting
from dashboard.tests import hostile
from events.models import AuditEntry, Project

BASE = "/p/web/experiments/"


@pytest.fixture(autouse=True)
def unread() -> None:
    books.forget()


def typed(of: Any, **changes: str) -> dict[str, str]:
    """What a person types: a share and a guardrail, and two rows left empty."""
    return {
        "key": "basket", "name": "A new basket", "hypothesis": "It is shorter", "flag": str(of.pk),
        "control": "control", "method": "fixed", "correction": "holm", "level": "5", "power": "80",
        "planned_effect": "25", "expected_share": "20", "expected_people": "206", "is_adjusted": "1",
        "m-0-name": "Paid", "m-0-kind": "conversion", "m-0-event": "paid", "m-0-hours": "24", "m-0-margin": "10",
        "m-1-kind": "errors", "m-1-hours": "24", "m-1-margin": "5", "m-1-guard": "1", "m-1-goal": "less",
        "m-2-kind": "conversion", "m-2-hours": "168", "m-2-margin": "10", **changes,
    }  # fmt: skip


def test_it_begins_with_a_flag_that_has_variants(as_alice: Client, as_bob: Client, project: Project) -> None:
    assert "No flag with variants yet" in as_alice.get(BASE).content.decode()
    make.flag(project, now=timezone.now())
    assert "No experiment yet" in as_bob.get(BASE).content.decode()
    assert "Plan an experiment" in as_alice.get(BASE).content.decode()
    assert "Plan an experiment" not in as_bob.get(BASE).content.decode()
    assert 'value="20"' not in as_alice.get(f"{BASE}new/").content.decode()


def test_a_plan_of_the_form_says_what_it_needs_and_starts_once(
    as_alice: Client, as_bob: Client, project: Project
) -> None:
    flag = make.flag(project, now=timezone.now())
    assert as_bob.post(f"{BASE}new/", typed(flag)).status_code == 403
    answer = as_alice.post(f"{BASE}new/", typed(flag))
    made = Experiment.objects.get()
    assert answer["Location"] == f"{BASE}{made.pk}/"
    assert (made.planned_effect, made.level, made.expected_share) == (0.25, 0.05, 0.2)
    assert [(one["kind"], one["margin"], one["is_guardrail"]) for one in made.metrics] == [
        ("conversion", 0.1, False), ("errors", 0.05, True),
    ]  # fmt: skip
    page = as_bob.get(f"{BASE}{made.pk}/").content.decode()
    assert "1,031 people in each variant, about 10 days" in page
    assert "Start" not in page
    form = as_alice.get(f"{BASE}{made.pk}/edit/").content.decode()
    assert 'name="m-0-event" value="paid"' in form
    assert 'name="planned_effect" value="25"' in form
    assert as_alice.post(f"{BASE}{made.pk}/edit/", typed(flag, name="Renamed")).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.key) == ("Renamed", "basket")

    assert as_bob.post(f"{BASE}{made.pk}/start/").status_code == 403
    as_alice.post(f"{BASE}{made.pk}/start/")
    page = as_alice.get(f"{BASE}{made.pk}/").content.decode()
    assert "No exposure yet" in page
    assert "Stop" in page
    late = as_alice.post(f"{BASE}{made.pk}/edit/", typed(flag, name="Too late"))
    assert late.status_code == 422
    assert "is fixed" in late.content.decode()
    assert AuditEntry.objects.filter(action="experiment.start", actor="alice").count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flag": "0"}, "Choose a flag with variants."), ({"level": "x"}, "The level is a number"),
        ({"m-0-event": ""}, "which event"), ({"m-0-guard": "1"}, "at least one metric that decides"),
        ({"control": "nobody"}, "The control is one of control, test."), ({"expected_people": "many"}, "People a day"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_kept(as_alice: Client, project: Project, change: dict[str, str], said: str) -> None:
    flag = make.flag(project, now=timezone.now())
    answer = as_alice.post(f"{BASE}new/", typed(flag, name=hostile.XSS[0], **change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert hostile.XSS[0] not in page
    assert "It is shorter" in page
    assert not Experiment.objects.exists()


def test_results_are_words_numbers_and_a_file_and_are_kept_with_the_decision(
    as_alice: Client, as_bob: Client, project: Project
) -> None:
    now = timezone.now()
    made = make.running(project, now=now)
    make.people(project, {"control": (600, 0.2), "test": (600, 0.35)}, start=now - 4 * make.DAY)
    one = f"{BASE}{made.pk}/"
    page = as_bob.get(one).content.decode()
    assert page.index("Were people split as planned?") < page.index("<h2>Paid")
    assert "Yes, as far as can be told" in page
    assert "test has more, +15.00 points" in page
    assert "better" in page
    assert 'class="evidence"' in page
    assert "all the same: there is nothing to compare with" in page
    rows = list(csv.DictReader(io.StringIO(as_bob.get(f"{one}results.csv").content.decode())))
    assert [(row["Metric"], row["Verdict"], row["People"]) for row in rows] == [
        ("Paid", "better", "600"), ("Errors", "open", "600"),
    ]  # fmt: skip
    assert float(rows[0]["Difference"]) == pytest.approx(0.15)

    assert as_bob.post(f"{one}decide/", {"decision": "test", "reason": "x"}).status_code == 403
    refused = as_alice.post(f"{one}decide/", {"decision": "nothing", "reason": "x"}, follow=True)
    assert "Which variant do people get" in refused.content.decode()
    as_alice.post(f"{one}decide/", {"decision": "test", "reason": "More people pay."})
    page = as_bob.get(one).content.decode()
    assert "Decided: test" in page
    assert "by what 1200 people did" in page
    assert "decided" in as_bob.get(BASE).content.decode()


def test_a_split_that_chance_does_not_make_comes_first(as_bob: Client, project: Project) -> None:
    now = timezone.now()
    metrics = [{**make.PAID, "name": hostile.XSS[0]}]
    made = make.running(project, now=now, name=hostile.XSS[0], hypothesis=hostile.XSS[0], metrics=metrics)
    make.people(project, {"control": (300, 0.2), "test": (500, 0.5)}, start=now - 4 * make.DAY)
    page = as_bob.get(f"{BASE}{made.pk}/").content.decode()
    assert hostile.XSS[0] not in page + as_bob.get(BASE).content.decode()
    assert "less than once in a thousand times" in page
    assert "People were not split as planned: no verdict." in page
    assert 'badge good">better' not in page


def test_stopped_and_deleted(as_alice: Client, as_charlie: Client, project: Project) -> None:
    now = timezone.now()
    made = make.running(project, now=now)
    one = f"{BASE}{made.pk}/"
    assert as_charlie.get(one).status_code == 404
    as_alice.post(f"{one}stop/")
    made.refresh_from_db()
    assert made.state == "ended"
    again = as_alice.post(f"{one}stop/", follow=True)
    assert "It does not run." in again.content.decode()
    project.memberships.filter(user__username="alice").update(role="editor")
    assert as_alice.post(f"{one}delete/").status_code == 403
    changing.delete(made, actor="test", now=now)
    assert as_alice.get(one).status_code == 404


@pytest.mark.parametrize(
    ("kind", "highest"), [("conversion", "+70.00 points"), ("slow", "+70.00 points"), ("mean", "+0.7")]
)
def test_the_drawn_effect_has_the_unit_of_the_table(kind: Kind, highest: str) -> None:
    metric = Metric("it", Measure(kind, timedelta(days=1), "bought"))
    effect, days = Effect(0.1, -0.1, 0.3), (timezone.now() - timedelta(days=1), timezone.now())
    judged = Judged(metric, "control", 10, 0.5, (Compared("new", 10, 0.6, effect),))
    found = Results(
        days[1], 20, 0, split({"control": 10, "new": 10}, [("control", 1), ("new", 1)]), (judged,),
        (Course("it", days, {"new": [effect, effect]}),),
    )  # fmt: skip
    (table,) = presenting.tables(found, level=0.05)
    (drawing,) = table.drawings
    assert drawing.highest == highest
    assert ("points" in table.rows[0].difference) is ("points" in highest)
