"""The scorecard: goals, weeks, words, file, API, and the report that says the same."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from alerts.models import Incident
from alerts.tests import make as make_alerts
from analytics.questions.promises import judging, weeks
from analytics.questions.promises.judging import Goal, Verdict
from analytics.questions.promises.weeks import Week
from analytics.statistics import comparisons
from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.models import Scorecard
from dashboard.pages.reports import weekly
from dashboard.pages.scorecard import card, goals, presenting
from dashboard.tests.api.test_api import bearer
from events.models import AuditEntry, Membership, Project

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOW = MONDAY + timedelta(days=7, hours=7, minutes=1)
PAGE = "/p/web/scorecard/"


def requests(at: datetime, count: int, failed: int) -> list[Any]:
    return [facts.request(at, status=503 if n < failed else 200) for n in range(count)]


def incident(project: Project, began_at: datetime, *, minutes: int | None = None) -> None:
    made = make_alerts.incident(project)
    resolved = began_at + timedelta(minutes=minutes) if minutes else None
    Incident.objects.filter(pk=made.pk).update(began_at=began_at, resolved_at=resolved, was_told=True)


def lived(project: Project) -> None:
    """Two weeks: failures up from 0.2 % to 1 %, pages at 1.2 s, one bad look of 1,000, an incident of 4 minutes."""
    middle, before = MONDAY + timedelta(days=2), MONDAY - timedelta(days=5)
    facts.filled(project, "requests", *requests(middle, 5000, 50), *requests(before, 5000, 10), now=NOW)
    facts.filled(
        project, "vitals", *[facts.vital(n, 1200.0, at=middle) for n in range(200)],
        *[facts.vital(-1 - n, 1200.0, at=before) for n in range(200)], now=NOW,
    )  # fmt: skip
    looks = [
        {"at": middle, "probe": "web", "kind": "http", "status": "down" if n == 0 else "up", "total_ms": 20.0}
        for n in range(2000)
    ]
    facts.filled(project, "probes", *looks, now=NOW)
    incident(project, middle, minutes=4)
    project.analytics = "pseudonyms"
    project.save()
    used = [event(n, middle, name="export") for n in range(30)]
    facts.store(project, "events", *used, *[event(n, middle, name="look") for n in range(100)], now=NOW)


@pytest.mark.parametrize(
    ("week", "goal", "expected"),
    [
        (Week(MONDAY), Goal(0.005), (Verdict.NOTHING, False)),
        (Week(MONDAY, 0.5, 10, 0.4, 0.6), Goal(0.005, least=100), (Verdict.LITTLE, False)),
        (Week(MONDAY, 0.001, 5000, 0.0005, 0.002), Goal(0.005), (Verdict.KEPT, True)),
        (Week(MONDAY, 0.004, 500, 0.001, 0.02), Goal(0.005), (Verdict.KEPT, False)),
        (Week(MONDAY, 0.005, 500, 0.005, 0.02), Goal(0.005), (Verdict.MISSED, True)),  # less than the goal is promised
        (Week(MONDAY, 0.999, 500, 0.9989, 0.9999), Goal(0.999, is_floor=True), (Verdict.KEPT, False)),
        (Week(MONDAY, 0.99, 500, 0.98, 0.995), Goal(0.999, is_floor=True), (Verdict.MISSED, True)),
        (Week(MONDAY, 240_000.0, 1), Goal(600_000), (Verdict.KEPT, False)),
    ],
)
def test_a_week_is_judged(week: Week, goal: Goal, expected: tuple[Verdict, bool]) -> None:
    found = judging.judge(week, goal)
    assert (found.verdict, found.is_sure) == expected


@pytest.mark.parametrize(
    ("hits", "before", "said"),
    [
        ((340, 10_000), (100, 10_000), "up 3.4 times, sure"),
        ((112, 1000), (60, 1000), "up 87 %, sure"),
        ((60, 1000), (112, 1000), "down 46 %, sure"),
        ((100, 1000), (101, 1000), "about the same"),
        ((50, 1000), (0, 1000), "up from nothing, sure"),
        ((5, 20), (5, 1000), "too few to tell (20 of 50)"),
        ((5, 20), (0, 0), "nothing to compare with"),
    ],
)
def test_a_change_is_said_plainly(hits: tuple[int, int], before: tuple[int, int], said: str) -> None:
    assert comparisons.shares(*hits, *before).plain == said


def test_weeks_follow_each_other() -> None:
    assert weeks.starts(MONDAY, count=3) == (MONDAY - timedelta(14), MONDAY - timedelta(7), MONDAY)


def test_each_promise_is_measured_judged_and_said(project: Project) -> None:
    lived(project)
    Scorecard.objects.create(project=project, features=["export"])
    found = card.card(project, MONDAY, sees_persons=True, now=NOW)
    lines = {one.promise.name: one for one in presenting.lines(project, found)}
    assert {name: (one.value, one.words) for name, one in lines.items()} == {
        "failures": ("1.00 %", "missed, sure"), "page_load": ("1.2 s", "kept, sure"), "uptime": ("99.95 %", "kept"),
        "resolve": ("4.0 min", "kept"), "adoption": ("30.0 %", "kept"),
    }  # fmt: skip
    assert lines["failures"].sentence == (
        "1.00 % of 5.0 k requests failed; the goal, below 0.5 %, was missed, sure. "
        "Against the week before: up 5.0 times, sure."
    )
    assert lines["resolve"].sentence.startswith("The one incident was over within 4.0 min; the goal, below 10.0 min,")
    assert lines["adoption"].title == "Adoption of export"
    assert lines["failures"].url == "/p/web/performance/?from=2026-11-16&to=2026-11-23"
    assert lines["adoption"].url.startswith("/p/web/insights/usage/?")
    assert [cell.value for cell in lines["failures"].cells][-3:] == ["–", "0.20 %", "1.00 %"]
    assert presenting.summary(list(lines.values())) == (
        "4 of 5 promises that could be judged were kept; missed: Error rate."
    )


def test_uptime_is_of_check_ins_where_nothing_is_looked_at(project: Project) -> None:
    rows = [
        {"at": MONDAY, "monitor": "a", "status": "missed" if n == 0 else "ok", "environment": "production"}
        for n in range(100)
    ]
    facts.filled(project, "check_ins", *rows, now=NOW)
    found = card.card(project, MONDAY, sees_persons=True, now=NOW)
    uptime = next(one for one in found.promises if one.name == "uptime")
    assert (uptime.of, uptime.last.value, uptime.verdict.verdict) == ("check_ins", 0.99, Verdict.MISSED)
    assert "/monitors/" in presenting.lines(project, found)[2].url


def test_an_incident_that_goes_on_is_in_no_number_and_is_told(project: Project) -> None:
    incident(project, MONDAY)
    line = presenting.lines(project, card.card(project, MONDAY, sees_persons=True, now=NOW))[3]
    assert line.sentence == "No incident was resolved; 1 not over yet."
    assert "1 not resolved yet, and in no number." in line.notes


def test_the_page_opens_empty_full_and_for_nonsense(as_bob: Client, project: Project) -> None:
    empty = as_bob.get(PAGE).content.decode()
    assert "Nothing was measured yet" in empty
    assert "No feature is named yet" in empty
    assert ">Goals<" not in empty
    lived(project)
    for week in ("2026-11-18", "nonsense", "9999-12-31", "0001-01-01", "\x00"):
        assert as_bob.get(PAGE, {"week": week}).status_code == 200
    html = as_bob.get(PAGE, {"week": "2026-11-18"}).content.decode()
    assert "Scorecard, week of 16 Nov 2026" in html
    assert "missed, sure" in html
    assert 'href="?week=2026-11-09"' in html


def test_an_owner_sets_the_goals(as_alice: Client, as_bob: Client, project: Project) -> None:
    address = f"{PAGE}goals/"
    assert as_bob.get(address).status_code == 403
    sent = {"failures": "2", "page_load_ms": "2500", "uptime": "99", "resolve_minutes": "60", "adoption": "10",
            "features": "export\n\n export \n/<b>"}  # fmt: skip
    for wrong in ("", "nan", "-1", "1e400", "ten"):
        refused = as_alice.post(address, {**sent, "failures": wrong})
        assert refused.status_code == 422
        assert "A number from 0.0001 to 100." in refused.content.decode()
    many = "\n".join(map(str, range(6)))
    assert "at most 5 features" in as_alice.post(address, {**sent, "features": many}).content.decode()
    assert not Scorecard.objects.exists()
    assert as_alice.post(address, sent)["Location"] == PAGE
    stored = Scorecard.objects.get()
    assert (stored.failures, stored.page_load_ms, stored.features) == (2.0, 2500.0, ["export", "/<b>"])
    entry = AuditEntry.objects.filter(action="scorecard.update").get()
    assert float(entry.detail["uptime"]) == 99
    assert "Adoption of /&lt;b&gt;" in as_alice.get(PAGE).content.decode()


def test_the_file_and_the_api_have_every_week(as_bob: Client, alice: Any, charlie: Any, project: Project) -> None:
    lived(project)
    rows = list(csv.DictReader(io.StringIO(as_bob.get(f"{PAGE}csv/?week=2026-11-16").content.decode())))
    assert len(rows) == 4 * card.COUNT
    last = next(row for row in rows if row["week"] == "2026-11-16" and row["promise"] == "failures")
    assert (last["value"], last["goal"], last["verdict"], last["samples"]) == ("0.01", "0.005", "missed", "5000")
    address = "/api/v1/projects/web/scorecard/"
    found = Client().get(address, {"week": "2026-11-18", "weeks": 2}, headers=bearer(alice)).json()
    assert found["week"].startswith("2026-11-16")
    assert [one["value"] for one in found["promises"][0]["course"]["weeks"]] == [0.002, 0.01]
    assert found["promises"][0]["verdict"] == {"verdict": "missed", "is_sure": True}
    assert Client().get(address, {"weeks": 1}, headers=bearer(alice)).status_code == 400
    assert Client().get(address, headers=bearer(charlie)).status_code == 404


def test_small_groups_are_not_told_to_who_sees_no_persons(project: Project) -> None:
    lived(project)
    rows = [event(n, MONDAY, name="rare") for n in range(3)]
    facts.store(project, "events", *rows, now=NOW)
    Scorecard.objects.create(project=project, features=["rare"])
    line = card.card(project, MONDAY, sees_persons=False, now=NOW).promises[-1]
    assert line.last.value == 0.0
    assert card.card(project, MONDAY, sees_persons=True, now=NOW).promises[-1].last.value == pytest.approx(0.03)


def test_the_report_says_the_week_in_sentences(as_alice: Client, alice: Any, project: Project) -> None:
    lived(project)
    alice.email = "alice@example.org"
    alice.save()
    Membership.objects.filter(user=alice).update(gets_weekly_report=True)
    assert weekly.send_due(now=NOW) == 1
    [sent] = mail.outbox
    first = "- 1.00 % of 5.0 k requests failed; the goal, below 0.5 %, was missed, sure."
    assert first in str(sent.body)
    assert "<li>1.00 % of 5.0 k requests failed" in str(sent.alternatives[0][0])
    html = as_alice.get("/p/web/reports/weekly/?week=2026-11-16").content.decode()
    assert "<h2>In short</h2>" in html
    assert "1.00 % of 5.0 k requests failed" in html
    assert "data-print" in html


def test_goals_of_a_project_without_a_row_are_those_of_the_house(project: Project) -> None:
    wanted = goals.of(project)
    assert (wanted.failures, wanted.page_load_ms, wanted.uptime, wanted.resolve_minutes) == (0.5, 1500, 99.9, 10)
