"""Which alerts belong together, and which open an incident."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.incidents.contract import Candidate, Signal, belongs, chosen, graver, opens, shared
from events.tests.cast import NOW

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=60)


def signal(*, after: float = 0, **labels: str) -> Signal:
    return Signal(
        project_id=1, source="rule", source_id=1, key="k", title="It fails", severity="error",
        at=NOW + after * MINUTE, is_on=True, labels=labels,
    )  # fmt: skip


def candidate(*alerts: dict[str, str], environment: str = "", pk: int = 1, after: float = 0) -> Candidate:
    return Candidate(pk, environment, alerts, NOW + after * MINUTE)


@pytest.mark.parametrize(
    ("after", "labels", "to", "is_part"),
    [
        (0, {"route": "/a"}, [{"route": "/b"}], True),  # at the same time
        (10, {"route": "/a"}, [{"route": "/b"}], True),
        (11, {"route": "/a"}, [{"route": "/b"}], False),  # nothing in common
        (11, {"route": "/a"}, [{"route": "/b"}, {"route": "/a"}], True),  # as one of its alerts
        (11, {"route": ""}, [{"route": ""}], True),  # both of the whole project
        (11, {}, [{"route": "/b"}], True),
        (11, {"rule": "x", "severity": "error"}, [{"rule": "x", "route": "/b"}], True),
        (60, {"route": "/a"}, [{"route": "/a"}], True),
        (61, {"route": "/a"}, [{"route": "/a"}], False),  # too late
        (-30, {"route": "/a"}, [{"route": "/a"}], True),  # a clock that jumped back
        (0, {"environment": "staging"}, [{}], False),  # another environment
        (0, {"environment": "production"}, [{}], True),
        (0, {}, [{}], True),  # one that names no environment
        (20, {"release": "1", "route": "/a"}, [{"release": "1", "route": "/b"}], False),
    ],
)
def test_alerts_belong_together(after: float, labels: dict[str, str], to: list[dict[str, str]], is_part: bool) -> None:
    found = belongs(signal(after=after, **labels), candidate(*to, environment="production"), window=WINDOW)
    assert found is is_part


def test_of_several_the_nearest_is_joined() -> None:
    several = [candidate({}, pk=1, after=-30), candidate({}, pk=2, after=-3), candidate({}, pk=3, after=-90)]
    assert chosen(signal(), several, window=WINDOW) == 2
    assert chosen(signal(), [], window=WINDOW) is None


@pytest.mark.parametrize(
    ("severity", "least", "does"),
    [("error", "error", True), ("warning", "error", False), ("critical", "error", True), ("critical", "never", False)],
)
def test_a_severity_opens_from_the_least_on(severity: str, least: str, does: bool) -> None:
    assert opens(severity, least) is does


def test_labels_are_those_of_both_and_the_graver_severity_stays() -> None:
    given: dict[str, Any] = {"a": "1", "b": "2"}
    assert shared(given, {"a": "1", "b": "3", "c": "4"}) == {"a": "1"}
    assert (graver("warning", "critical"), graver("error", "info")) == ("critical", "error")
