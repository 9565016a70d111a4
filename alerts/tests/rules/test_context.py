"""A message of an alert says how bad it is against what is normal, what was deployed before, and shows a chart."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.models import Notification
from alerts.rules import context, evaluation, rule_setup, sayings
from alerts.rules.rule_setup import Wanted
from alerts.tests import make
from analytics.tests import facts
from events.models import Project
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)


@pytest.mark.django_db
def test_a_firing_alert_brings_its_last_windows_and_what_they_are_usually(project: Project) -> None:
    make.channel(project)
    config = {"side": "above", "threshold": "10", "window": "5"}
    wanted = Wanted(
        name="Failures", kind="threshold", metric="requests.failed", config=config, group_by=["route"],
        runbook="https://wiki.example/failures",
    )  # fmt: skip
    rule_setup.create(project, wanted, actor="test", now=NOW)
    rows = [facts.request(NOW - n * 5 * MINUTE - 2 * MINUTE, status=500, route="/pay") for n in range(1, 20)]
    rows += [facts.request(NOW - 2 * MINUTE, status=500, route="/pay") for _ in range(14)]
    rows += [facts.request(NOW - 2 * MINUTE, status=500, route="/other")]
    facts.filled(project, "requests", *rows)
    evaluation.run(now=NOW)
    payload = Notification.objects.get().payload
    assert payload["normal"] == "14 in 5 min, usually 1, 14 times as much"
    assert (payload["chart"]["threshold"], payload["chart"]["series"][-1][1]) == (10.0, 14.0)
    assert [label for label, _ in payload["links"]] == ["Acknowledge", "Runbook"]
    assert payload["links"][0][1].endswith("/acknowledge/")
    assert payload["thread"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([10, 10, 10, 10, 10, 10, 12, 12], "12 ms in 5 min, usually 10 ms"),
        ([0, 0, 0, 0, 0, 0, 3, 9], "9 ms in 5 min, usually 0 ms"),
        ([10] * 7, ""),
        ([None] * 20 + [4], ""),
        ([10] * 20 + [None], ""),
        ([], ""),
    ],
)
def test_what_is_usual_is_said_of_enough_windows(values: list[Any], words: str) -> None:
    assert context.against_normal(values, "ms", 5) == words


def test_the_suspect_is_the_last_deploy_before_and_never_one_after() -> None:
    deploys = [
        {"at": (NOW + MINUTE).isoformat(), "release": "web@3", "environment": ""},
        {"at": (NOW - 6 * MINUTE).isoformat(), "release": "web@2", "environment": "production"},
        {"at": (NOW - 60 * MINUTE).isoformat(), "release": "web@1", "environment": ""},
    ]
    assert sayings.suspect(deploys, NOW) == "web@2 in production, deployed 6 min before"
    assert sayings.suspect(deploys[:1], NOW) == ""
