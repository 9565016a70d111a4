"""From how things stand to the outbox: routes, groups, what holds back, and who comes next."""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.models import (
    Channel,
    EscalationStep,
    Inhibition,
    Maintenance,
    Membership,
    Notice,
    NoticeGroup,
    Notification,
    Route,
    Silence,
)  # fmt: skip
from alerts.routing import holding, setup, telling, tick
from alerts.routing.setup import Step, WantedInhibition, WantedMaintenance, WantedRoute
from alerts.tests import make
from alerts.tests.routing.stage import route, say, silence, stands, told
from events.models import AuditEntry, Project
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_without_routes_every_channel_hears_at_once_and_of_the_end(project: Project) -> None:
    for name in ("a", "b"):
        make.channel(project, name=name)
    assert say(project, stands("x", now=NOW), now=NOW) == {"test:x": "firing"}
    assert say(project, stands("x", now=NOW), now=NOW + MINUTE) == {}
    tick.run(now=NOW + 4 * HOUR)
    say(project, stands("x", on=False, now=NOW), now=NOW + 5 * HOUR)
    assert told(project) == [(name, [f"{word}: x"]) for word in ("Fires", "Still fires", "Ended") for name in "ab"]
    assert not Membership.objects.exists()
    assert Notice.objects.get().notifications.count() == 6
    assert tick.forget(now=NOW + 30 * timedelta(days=1)) == 1


def test_routes_are_tried_in_order_and_named_channels_win(project: Project) -> None:
    one, two, rest = (make.channel(project, name=name) for name in ("one", "two", "rest"))
    at_once = {"wait_seconds": 0, "interval_seconds": 0}
    route(project, "Web", "team=web, severity=critical", to=one, goes_on=True, **at_once)
    route(project, "Both", "team=web", to=two, **at_once)
    route(project, "Others", to=rest, **at_once)
    critical = {"labels": {"severity": "critical"}}
    cases = (
        ("a", critical, ["one", "two"]),
        ("b", {}, ["two"]),
        ("c", {"labels": {"team": "app"}}, ["rest"]),
        ("d", {**critical, "named": [rest.pk]}, ["rest"]),
    )
    for name, given_, wanted in cases:
        Notification.objects.all().delete()
        say(project, stands(name, now=NOW, **given_), now=NOW)
        assert [channel for channel, _ in told(project)] == wanted, name


def test_a_route_to_nobody_leaves_no_message_and_one_without_channels_tells_all(project: Project) -> None:
    make.channel(project, name="a")
    route(project, "Nobody", "team=dev", tells_nobody=True, wait_seconds=0, interval_seconds=0)
    route(project, "All", "team=web", wait_seconds=0, interval_seconds=0)
    say(project, stands("x", now=NOW, labels={"team": "dev"}), stands("y", now=NOW), now=NOW)
    assert told(project) == [("a", ["Fires: y"])]


def test_what_belongs_together_is_one_message(project: Project) -> None:
    channel = make.channel(project, name="a")
    route(project, "Team", "team=web", to=channel, group_by=["team"])
    say(project, stands("x", now=NOW), now=NOW)
    tick.run(now=NOW + 29 * SECOND)
    say(project, stands("y", now=NOW + 20 * SECOND), now=NOW + 20 * SECOND)
    assert told(project) == []
    tick.run(now=NOW + 30 * SECOND)
    assert told(project) == [("a", ["Fires: x", "Fires: y"])]
    payload = Notification.objects.get().payload
    assert (payload["title"], payload["kind"], payload["link"][-14:]) == (
        "2 firing: team web",
        "firing",
        "/p/web/alerts/",
    )
    say(project, stands("x", on=False, now=NOW), stands("z", now=NOW + MINUTE), now=NOW + MINUTE)
    tick.run(now=NOW + 5 * MINUTE)
    assert len(told(project)) == 1, "the group speaks again five minutes after it spoke"
    tick.run(now=NOW + 5 * MINUTE + 30 * SECOND)
    assert told(project)[1:] == [("a", ["Ended: x", "Fires: z", "Still fires: y"])]
    for name in "yz":
        say(project, stands(name, on=False, now=NOW), now=NOW + 6 * MINUTE)
    tick.run(now=NOW + 11 * MINUTE)
    assert told(project)[2:] == [("a", ["Ended: y", "Ended: z"])]
    assert Notification.objects.order_by("-pk")[0].payload["kind"] == "alert_ended"
    assert NoticeGroup.objects.get().look_at is None


def test_a_route_made_while_something_waits_takes_it(project: Project) -> None:
    first, second = make.channel(project, name="first"), make.channel(project, name="second")
    route(project, "Slow", "team=web", to=first)
    say(project, stands("x", now=NOW), now=NOW)
    route(project, "Fast", "rule=x", to=second, position=1, wait_seconds=0, interval_seconds=0)
    assert list(Route.objects.values_list("name", flat=True)) == ["Fast", "Slow"]
    tick.run(now=NOW + MINUTE)
    assert told(project) == [("second", ["Fires: x"])]
    setup.delete_route(Route.objects.get(name="Fast"), actor="test", now=NOW + MINUTE)
    tick.run(now=NOW + 2 * MINUTE)
    assert told(project)[1:] == [("first", ["Fires: x"])]


def test_each_thing_that_holds_back_lets_go_when_it_is_over(project: Project) -> None:
    make.channel(project, name="a")

    def lasting() -> Any:
        return silence(project, "x", start=NOW, length=10 * MINUTE)

    def maintenance() -> Any:
        wanted = WantedMaintenance(name="Move", matchers="rule=~x|y", starts_at=NOW, ends_at=NOW + 10 * MINUTE)
        return setup.store_maintenance(Maintenance(project=project), wanted, actor="test", now=NOW)

    def inhibited() -> Any:
        wanted = WantedInhibition(name="Down", source="severity=critical", target="rule=x", equal=["team"])
        made = setup.store_inhibition(Inhibition(project=project), wanted, actor="test", now=NOW)
        say(project, stands("host", now=NOW, labels={"severity": "critical"}, is_muted=True), now=NOW)
        return made

    for hold in (lasting, maintenance, inhibited):
        made = hold()
        say(project, stands("x", now=NOW), now=NOW + SECOND)
        tick.run(now=NOW + 9 * MINUTE)
        assert told(project) == [], hold
        held = telling.held_by(Notice.objects.get(key="test:x"), holding.load(project.pk, now=NOW + MINUTE))
        assert held is not None
        if hold is inhibited:
            say(project, stands("host", on=False, now=NOW, labels={"severity": "critical"}), now=NOW + 9 * MINUTE)
        tick.run(now=NOW + 10 * MINUTE)
        assert told(project) == [("a", ["Fires: x"])], hold
        # What ends while it is held back is told of, too; what nobody heard of is not.
        say(project, stands("x", on=False, now=NOW), now=NOW + 11 * MINUTE)
        assert told(project)[1:] == [("a", ["Ended: x"])], hold
        made.delete()
        Notification.objects.all().delete()
        Notice.objects.all().delete()


def test_maintenance_that_is_ended_early_lets_go_at_once_and_comes_again(project: Project) -> None:
    make.channel(project, name="a")
    wanted = WantedMaintenance(
        name="Nightly", matchers="rule=x", starts_at=NOW, cron="0 12 * * *", minutes=60, zone="UTC"
    )
    made = setup.store_maintenance(Maintenance(project=project), wanted, actor="test", now=NOW)
    say(project, stands("x", now=NOW), now=NOW + SECOND)
    assert setup.end_maintenance(made, actor="test", now=NOW + MINUTE)
    assert not setup.end_maintenance(made, actor="test", now=NOW + MINUTE)
    tick.run(now=NOW + MINUTE)
    assert told(project) == [("a", ["Fires: x"])]
    say(project, stands("x", on=False, now=NOW), now=NOW + 24 * HOUR)
    assert len(told(project)) == 1, "the next one holds it back"
    tick.run(now=NOW + 25 * HOUR)
    assert told(project)[1:] == [("a", ["Ended: x"])]


def test_what_flaps_is_told_once_and_then_when_it_is_stable(project: Project) -> None:
    make.channel(project, name="a")
    say(project, stands("x", now=NOW), now=NOW)
    for minute in range(1, 8):
        say(project, stands("x", on=minute % 2 == 0, now=NOW, is_flapping=True), now=NOW + minute * MINUTE)
    assert told(project)[1:] == [("a", ["Flapping: x"])]
    say(project, stands("x", on=True, now=NOW), now=NOW + 9 * MINUTE)
    say(project, stands("x", on=False, now=NOW), now=NOW + 10 * MINUTE)
    assert told(project)[2:] == [("a", ["Fires: x"]), ("a", ["Ended: x"])]


def test_what_cannot_be_is_named_where_the_person_is(project: Project) -> None:
    other = Project.objects.create(slug="other", name="Other")
    mine, foreign = make.channel(project, name="mine"), make.channel(other, name="foreign")
    later = NOW + HOUR

    def of_route(channels: Any = (), steps: Any = (), **wanted: Any) -> None:
        given_ = WantedRoute(**{"name": "R", **wanted})
        setup.store_route(Route(project=project), given_, channels=channels, steps=steps, actor="test", now=NOW)

    def of_maintenance(**wanted: Any) -> None:
        given_ = {"name": "M", "matchers": "a=b", "starts_at": NOW, "ends_at": later, **wanted}
        setup.store_maintenance(Maintenance(project=project), WantedMaintenance(**given_), actor="test", now=NOW)

    def of_inhibition(**wanted: Any) -> None:
        given_ = WantedInhibition(**{"name": "I", "source": "a=b", "target": "c=d", **wanted})
        setup.store_inhibition(Inhibition(project=project), given_, actor="test", now=NOW)

    cases: tuple[tuple[Any, dict[str, Any], str], ...] = (
        (of_route, {"name": " "}, "name"),
        (of_route, {"matchers": "a=~("}, "matchers"),
        (of_route, {"wait_seconds": 86_401}, "wait_seconds"),
        (of_route, {"repeat_minutes": -1}, "repeat_minutes"),
        (of_route, {"group_by": [str(number) for number in range(11)]}, "group_by"),
        (of_route, {"channels": [foreign]}, "channels"),
        (of_route, {"channels": [mine], "tells_nobody": True}, "tells_nobody"),
        (of_route, {"steps": [Step(5, [foreign])]}, "steps"),
        (of_route, {"steps": [Step(5, [])]}, "steps"),
        (of_route, {"steps": [Step(0, [mine])]}, "steps"),
        (of_route, {"steps": [Step(5, [mine]), Step(5, [mine])]}, "steps"),
        (of_maintenance, {"matchers": ""}, "matchers"),
        (of_maintenance, {"ends_at": NOW - HOUR}, "ends_at"),
        (of_maintenance, {"ends_at": None}, "ends_at"),
        (of_maintenance, {"ends_at": NOW + timedelta(days=91)}, "ends_at"),
        (of_maintenance, {"zone": "Mars/Base"}, "zone"),
        (of_maintenance, {"cron": "0 25 * * *", "minutes": 5}, "cron"),
        (of_maintenance, {"cron": "0 0 31 2 *", "minutes": 5}, "cron"),
        (of_maintenance, {"cron": "0 2 * * *", "minutes": 0}, "minutes"),
        (of_inhibition, {"source": ""}, "source"),
        (of_inhibition, {"target": "x"}, "target"),
    )
    for store, given_, field in cases:
        with pytest.raises(ValidationError) as refused:
            store(**given_)
        assert field in refused.value.message_dict, (given_, refused.value)
    assert [rows.objects.count() for rows in (Route, Maintenance, Inhibition)] == [0, 0, 0]


def test_every_change_is_audited(project: Project) -> None:
    mine = make.channel(project, name="mine")
    made = route(project, "R", steps=[Step(5, [mine])])
    setup.store_route(made, WantedRoute(name="S"), steps=[Step(5, [mine])], actor="test", now=NOW)
    assert EscalationStep.objects.count() == 1
    setup.delete_route(made, actor="test", now=NOW)
    written = AuditEntry.objects.filter(action__startswith="route.").order_by("pk").values_list("action", flat=True)
    assert list(written) == ["route.create", "route.update", "route.delete"]


class Model:
    """What should be said, kept in plain variables: Alertmanager's rules, and what is held back is said afterwards.

    `web` things are told in one group that waits 30 s, speaks every 5 min and repeats after an hour; others at once. A
    critical thing holds the others of its team back.
    """

    WAIT, INTERVAL, REPEAT = 30 * SECOND, 5 * MINUTE, HOUR

    def __init__(self) -> None:
        self.on: dict[str, bool] = {}
        self.silenced: dict[str, datetime] = {}
        self.heard: dict[str, set[str]] = {}
        self.looks: dict[str, datetime] = {}
        self.spoke: dict[str, datetime] = {}
        self.said: list[list[str]] = []

    def is_held(self, name: str, now: datetime) -> bool:
        team, grave = name.split("-")[:2]
        chief = f"{team}-critical"
        return now < self.silenced.get(name, now) or (grave != "critical" and self.on.get(chief, False))

    def put(self, name: str, on: bool, now: datetime) -> None:
        group = "web" if name.startswith("web") else name
        is_new = not any(self.on.get(other) or other in self.heard.get(group, ()) for other in self.of(group))
        if on and not self.on.get(name) and is_new and group == "web" and group not in self.looks:
            self.looks[group] = now + self.WAIT
        changed = self.on.get(name, False) != on
        self.on[name] = on
        if changed and group != "web":
            self.look(group, now)

    def of(self, group: str) -> list[str]:
        return [name for name in self.on if name == group or (group == "web" and name.startswith("web"))]

    def tick(self, now: datetime) -> None:
        for group in sorted({name if not name.startswith("web") else "web" for name in self.on}):
            if group != "web":
                self.look(group, now)
            elif group in self.looks and self.looks[group] <= now:
                self.look(group, now)
                members = [name for name in self.of(group) if self.on[name] or name in self.heard.get(group, ())]
                while members and self.looks[group] <= now:
                    self.looks[group] += self.INTERVAL
                if not members:
                    del self.looks[group]

    def look(self, group: str, now: datetime) -> None:
        heard = self.heard.setdefault(group, set())
        free = [name for name in self.of(group) if not self.is_held(name, now)]
        firing = {name for name in free if self.on[name]}
        ended = {name for name in free if name in heard and not self.on[name]}
        is_due = bool(firing) and bool(heard) and group in self.spoke and now - self.spoke[group] >= self.REPEAT
        if firing - heard or ended or is_due:
            parts = [("Fires", firing - heard), ("Still fires", firing & heard), ("Ended", ended)]
            self.said.append(sorted(f"{word}: {name}" for word, names in parts for name in names))
            self.spoke[group] = now
        heard |= firing
        heard -= ended
        if not heard and not any(self.on[name] for name in self.of(group)):
            self.spoke.pop(group, None)


NAMES = ("web-critical", "web-a", "web-b", "app-critical", "app-a")
STEPS = st.one_of(
    st.tuples(st.just("on"), st.sampled_from(NAMES)),
    st.tuples(st.just("off"), st.sampled_from(NAMES)),
    st.tuples(st.just("silence"), st.sampled_from(NAMES)),
    st.tuples(st.just("wait"), st.sampled_from([10, 30, 70, 300, 1800, 4000])),
)


@settings(
    max_examples=int(os.environ.get("ROUTING_EXAMPLES", "6")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(STEPS, max_size=12))
def test_the_database_says_what_a_model_of_it_says(project: Project, history: list[tuple[str, Any]]) -> None:
    for rows in (Notice, NoticeGroup, Route, Inhibition, Silence, Channel):
        rows.objects.all().delete()
    make.channel(project, name="a")
    route(project, "Web", "rule=~web-.*", repeat_minutes=60)
    wanted = WantedInhibition(name="I", source="rule=~.*-critical", target="rule!~.*-critical", equal=["team"])
    setup.store_inhibition(Inhibition(project=project), wanted, actor="test", now=NOW)
    model, now = Model(), NOW
    for what, which in history:
        if what == "wait":
            now += which * SECOND
            tick.run(now=now)
            model.tick(now)
        elif what == "silence":
            silence(project, which, start=now, length=10 * MINUTE)
            model.silenced[which] = now + 10 * MINUTE
        elif what == "on" or which in model.on:
            team = {"labels": {"team": which.split("-")[0]}, "repeat_minutes": 60}
            say(project, stands(which, on=what == "on", now=now, **team), now=now)
            model.put(which, what == "on", now)
    assert sorted(lines for _, lines in told(project)) == sorted(model.said), history


def test_what_goes_on_costs_three_statements(project: Project) -> None:
    make.channel(project, name="a")
    say(project, stands("x", now=NOW), now=NOW)
    with CaptureQueriesContext(connection) as asked:
        say(project, stands("x", now=NOW), now=NOW + MINUTE)
    told_apart = [query["sql"].split()[0] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert told_apart == ["SELECT", "UPDATE", "SELECT"], told_apart
