"""How many values of a dimension were kept apart, and what the others counted."""

from datetime import timedelta

import pytest

from analytics.periods import Period
from analytics.questions.overview.kept_apart import KeptApart, kept_apart
from analytics.questions.traces.trace_errors import trace_errors
from analytics.tests import facts
from events.models import Project
from events.tests import rows
from events.tests.cast import NOW

pytestmark = pytest.mark.django_db
DAY = Period(NOW - timedelta(days=1), NOW + timedelta(minutes=1))


def test_beyond_its_limit_a_dimension_says_how_many_rows_count_together(project: Project) -> None:
    facts.filled(
        project,
        "logs",
        *(facts.log(f"line {n}", service=f"s{n // 2}") for n in range(44)),
        facts.log("folded on its way in", service="(other)"),
        facts.log("of nobody"),
        facts.log("elsewhere", service="s0", environment="staging"),
    )
    found = kept_apart(project, "logs", "service", period=DAY, now=NOW + timedelta(minutes=1))
    assert found.values == 20
    assert found.folded == 5 + 1
    few = kept_apart(project, "logs", "service", period=DAY, now=NOW, environment="staging")
    assert few == KeptApart(1, 0)


def test_errors_are_found_by_the_traces_they_happened_in(project: Project) -> None:
    one, other = "cd" * 16, "ef" * 16
    facts.store(
        project,
        "errors",
        rows.error(1, trace_id=one, group="late", at=NOW - timedelta(minutes=1)),
        rows.error(2, trace_id=one, group="early", at=NOW - timedelta(minutes=3)),
        rows.error(3, trace_id=one, group="early", at=NOW - timedelta(minutes=2)),
        rows.error(4, trace_id=other, group="early", at=NOW - timedelta(minutes=2)),
        rows.error(5),
    )
    found = trace_errors(project, [one.upper(), "00" * 16], period=DAY)
    assert {trace: [group.group.hex for group in groups] for trace, groups in found.items()} == {
        one: [rows.hexed("early"), rows.hexed("late")]
    }
    assert trace_errors(project, [], period=DAY) == {}
