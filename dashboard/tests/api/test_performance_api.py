"""The read API has an address for each question of the pages; measured/test_api.py asks them of facts."""

from typing import Any

import pytest

from dashboard.tests import populated_performance as populated
from dashboard.tests.api.test_api import bearer, get
from events.models import Project

BASE = "/api/v1/projects/web/"
ADDRESSES = {
    "performance/": "starts",
    "performance/endpoints/": "results",
    "performance/endpoint/?route=GET+/items/{id}": "bars",
    "queries/": "loops",
    "vitals/?metric=CLS&percentile=p99&device=mobile": "vitals",
    "logs/?query=level:error": "results",
    f"traces/{populated.TRACE}/": "spans",
    "hosts/": "readings",
    "security/?kind=csp": "lines",
    "insights/trends/?by=device&measure=people": "lines",
    "insights/trends/?event=pay&series=*%20%7C%20people&formula=A/B": "lines",
    "insights/funnels/?steps=/basket%0Apay": "steps",
    "insights/funnels/losses/?steps=/basket%0Apay": "results",
    "insights/journeys/": "edges",
    "insights/cohorts/?unit=day": "cohorts",
    "insights/usage/?events=pay": "buckets",
}


@pytest.mark.parametrize("where", [one for one in ADDRESSES if not one.startswith("traces")])
def test_nothing_is_answered_as_nothing(project: Project, alice: Any, where: str) -> None:
    assert get(BASE + where, bearer(alice)).status_code == 200


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("performance/?start=2026-02-01T00:00:00Z&end=2026-01-01T00:00:00Z", "start lies before end"),
        ("performance/endpoints/?sort=name", "sort"),
        ("performance/endpoint/", "route"),
        ("vitals/?metric=FID", "metric"),
        ("logs/?query=is:unresolved", "is:"),
        ("logs/?before=x", "before"),
        ("hosts/?nonsense=1", "Unknown parameter"),
        ("insights/funnels/", "steps"),
        ("insights/funnels/?steps=a", "two steps at least"),
        ("insights/trends/?tz=Mars", "no time zone"),
        ("insights/trends/?formula=A/B", "no letter of the formula"),
    ],
)
def test_a_wrong_parameter_is_named(project: Project, alice: Any, where: str, said: str) -> None:
    answer = get(BASE + where, bearer(alice))
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
