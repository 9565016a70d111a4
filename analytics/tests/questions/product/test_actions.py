"""Actions: every condition against events told apart by hand, and each question that names one."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from analytics.actions import changing
from analytics.goals import standings
from analytics.periods import Period
from analytics.questions.product import actions, calendar, cohorts, features, funnels, journeys, trends
from analytics.questions.product.acts import BadQuestion, Scope
from analytics.questions.product.funnel_attempts import Definition, Step
from analytics.questions.variants import experiments
from analytics.tests import facts
from analytics.tests.actions import make
from analytics.tests.goals import make as make_goals
from analytics.tests.questions.product.test_web import at, event
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
PERIOD = Period(NOW - timedelta(days=2), NOW)
BUTTON = 'span:nth-child="1"text="Buy";button.primary:attr__class="primary"attr_id="buy"nth-child="2"'
LINK = 'a.primary:attr__class="primary"href="/help"nth-child="1"text="Help"'
# name -> what happened
EVENTS: dict[str, dict[str, Any]] = {
    "bought": {"name": "$autocapture", "path": "/shop/7", "properties": {"$elements_chain": BUTTON, "$el_text": "Buy"}},
    "helped": {"name": "$autocapture", "path": "/shop", "properties": {"$elements_chain": LINK, "plan": "team"}},
    "paid": {"name": "paid", "path": "/shop/7", "host": "pay.example", "properties": {"plan": "team"}},
    "seen": {"name": "$pageview", "path": "/shop/7/more"},
}


@pytest.fixture
def shop(project: Project) -> Project:
    """Each event of a person of their own, a minute apart."""
    rows = [event(n, at(n), **given) for n, given in enumerate(EVENTS.values())]
    facts.store(project, "events", *rows, event(99, at(0), is_bot=True, **EVENTS["bought"]), now=NOW)
    return project


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"event": "paid"}, {"paid"}),
        ({"event": "$autocapture"}, {"bought", "helped"}),
        ({"page": "/shop/7"}, {"bought", "paid"}),
        ({"page": "/shop/*"}, {"bought", "paid", "seen"}),
        ({"page": "*7*"}, {"bought", "paid", "seen"}),
        ({"page": "pay.example/*"}, {"paid"}),
        ({"page": "/sho."}, set()),
        ({"text": "Buy"}, {"bought"}), ({"text": "Help"}, {"helped"}), ({"text": "Bu"}, set()),
        ({"selector": ".primary"}, {"bought", "helped"}),
        ({"selector": "button.primary > span"}, {"bought"}),
        ({"selector": ".primary", "text": "Help"}, {"helped"}),
        ({"only": "properties.plan=team"}, {"helped", "paid"}),
        ({"event": "paid", "only": "properties.plan=(none)"}, set()),
        ({"event": "$pageview", "selector": "*"}, set()),
    ],
)  # fmt: skip
def test_a_match_is_what_fulfils_all_of_it(shop: Project, match: dict[str, str], expected: set[str]) -> None:
    make.action(shop, match, now=NOW)
    known = actions.named(shop.pk, "action:Buys")
    assert actions.counted(shop, known, scope=Scope(PERIOD))["Buys"] == (len(expected), len(expected))
    by = {"paid": "paid", "seen": "$pageview"}
    found = asked_trend(shop, by="event")
    names = {line.value for line in found.lines}
    assert names == {by.get(name, "$autocapture") for name in expected}


def asked_trend(project: Project, **more: Any) -> trends.Trend:
    known = actions.named(project.pk, "action:Buys")
    over = calendar.calendar(PERIOD, "day", ZoneInfo("UTC"))
    return trends.trends(project, event="action:Buys", scope=Scope(PERIOD, actions=known), calendar=over, **more)


def test_one_of_its_matches_is_enough(shop: Project) -> None:
    make.action(shop, {"event": "paid"}, {"selector": "a"}, {"text": "Buy"}, now=NOW)
    assert asked_trend(shop).lines[0].total == 3


def test_every_question_takes_an_action(shop: Project) -> None:
    """Person 5 buys, then helps themselves: both by what they clicked."""
    bought, helped = EVENTS["bought"], EVENTS["helped"]
    facts.store(shop, "events", event(5, at(20), **bought), event(5, at(21), **helped), now=NOW)
    make.action(shop, {"selector": "button"}, now=NOW)
    make.action(shop, {"selector": "a"}, now=NOW, name="Helps")
    known = actions.named(shop.pk, "action:Buys")
    assert set(known) == {"Buys", "Helps"}
    scope, over = Scope(PERIOD, actions=known), calendar.calendar(PERIOD, "day", ZoneInfo("UTC"))
    steps = (Step("action:Buys"), Step("action:Helps"))
    found = funnels.funnels(shop, definition=Definition(steps, within=timedelta(hours=1)), scope=scope)
    assert [step.people for step in found.steps] == [2, 1]
    ways = journeys.journeys(shop, scope=scope, begin="action:Buys", end="action:Helps")
    assert [(edge.source, edge.target, edge.sessions) for edge in ways.edges] == [("action:Buys", "action:Helps", 1)]
    week = calendar.calendar(PERIOD, "day", ZoneInfo("UTC"), before=1)
    assert features.features(shop, events=["action:Buys"], scope=scope, calendar=week).users == 2
    table = cohorts.cohorts(shop, begin="action:Buys", again="action:Helps", scope=scope, calendar=over)
    assert sum(cohort.people[0] for cohort in table.cohorts) == 2
    goal = make_goals.goal(shop, now=NOW, event="action:Buys", per="month")
    assert standings.standing(goal, sees_persons=True, now=NOW).value == 2
    measure = experiments.Measure("conversion", timedelta(days=1), "action:Buys", "", "", "")
    assert experiments.measured(shop.pk, "nothing", measure, period=PERIOD, now=NOW) == {}


def test_an_action_that_there_is_not_is_said(shop: Project) -> None:
    with pytest.raises(BadQuestion, match="no action 'Buys'"):
        asked_trend(shop)


@pytest.mark.parametrize(
    ("matches", "said"),
    [
        ([], "one to 3 matches"), ([{"event": " "}], "one to 3 matches"), ([{"event": "a"}] * 4, "one to 3"),
        ([{"selector": "a + b"}], "The selector cannot be read"), ([{"only": "country"}], "lets nothing through"),
        ([{"only": "visitor=1"}], "cannot be cut"), ([{"text": "x" * 201}], "at most 200"),
    ],
)  # fmt: skip
def test_what_is_no_action_is_said(project: Project, matches: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        changing.checked(matches)


def test_names_are_given_once_and_changes_are_on_record(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    action = make.action(project, now=NOW)
    with pytest.raises(ValidationError, match="already exists"):
        make.action(project, now=NOW)
    with pytest.raises(ValidationError, match=r"no \| in it"):
        make.action(project, now=NOW, name="a|b")
    changing.put(action, name="Pays", matches=action.matches, actor="test", now=NOW)
    changing.delete(action, actor="test", now=NOW)
    written = AuditEntry.objects.filter(action__startswith="action.").order_by("id").values_list("action", flat=True)
    assert list(written) == ["action.create", "action.update", "action.delete"]
    monkeypatch.setattr(changing, "MOST", 0)
    with pytest.raises(ValidationError, match="at most 0"):
        make.action(project, now=NOW)
