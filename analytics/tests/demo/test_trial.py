"""The demo's experiment: variants are those that SDKs are given, and the shorter checkout sells more."""

from datetime import datetime
from random import Random

import orjson
import pytest

from analytics import demo
from analytics.experiments import results
from analytics.flags import books, evaluation
from analytics.flags.evaluation import Subject
from analytics.tests import facts
from events.demo import visitors
from events.demo.traffic import Moment
from events.models import Project
from events.tests.cast import NOW
from events.tests.rows import hexed

pytestmark = pytest.mark.django_db


def test_people_get_what_the_flag_says_and_the_shorter_checkout_sells_more(project: Project) -> None:
    experiment = demo.run(project, since=NOW - 2 * demo.LONGEST, now=NOW)
    assert experiment is not None
    assert experiment.started_at == NOW - demo.LONGEST
    assert demo.run(project, since=NOW - demo.LONGEST, now=NOW) is None
    books.forget()
    book, dice, rows = books.read(project.pk), Random(1), []
    for number in range(6000):
        moment = Moment(NOW - demo.LONGEST * (0.1 + 0.8 * dice.random()), "shop@1.0.0", "production")
        for event in orjson.loads(visitors.visit(dice, moment, "key").body)["batch"]:
            who, said = event["distinct_id"], event["properties"]
            if number < 200 and event["event"] == "$feature_flag_called":
                told = evaluation.evaluate(book, Subject(distinct_id=who), now=NOW, keys=[visitors.FLAG])
                assert told[visitors.FLAG].value == said["$feature_flag_response"]
            row = {"at": datetime.fromisoformat(event["timestamp"]), "event": event["event"]}
            names = ("$feature_flag", "$feature_flag_response", "total")
            kept = {name: str(said[name]) for name in names if name in said}
            rows.append({**row, "event_id": event["uuid"], "visitor": int(hexed(who)[:12], 16), "properties": kept})
    facts.store(project, "events", *rows)
    found = results.of(experiment, now=NOW)
    assert not found.split.is_wrong
    assert found.several == 0
    assert found.judged[0].others[0].standing == "better"
