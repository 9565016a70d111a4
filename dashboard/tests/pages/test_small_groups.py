"""No door tells a viewer of three people among many: not their group's name, and no number that makes it three."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from analytics.tests import facts
from analytics.tests.questions.product.test_web import event
from dashboard.charts import cards
from dashboard.exports.record_of_processing import record
from dashboard.models import SavedView
from dashboard.pages.insights.asking import PARAMETERS
from dashboard.pages.insights.presenting import TABS
from dashboard.tests.pages.test_shares import share
from events.accounts import tokens
from events.models import Membership, Project

ALL = {"from": "-7d"}
# What only three people have or do, and what nobody has or does.
RARE, NONE = "Raritania", "Nowhereland"
COUNTED = {
    "visitors", "people", "everybody", "numbers", "total", "sessions", "users", "active", "new", "returning",
    "resurrecting", "dormant", "uses", "often", "lost", "kept", "left_out", "hidden_edges", "hidden_sessions",
}  # fmt: skip
FUNNEL = "/pricing\nsignup"
QUESTIONS: dict[str, list[dict[str, str]]] = {
    "trends": [
        {"by": "country", "measure": "total"},
        {"by": "country", "measure": "visits"},
        *({"by": by, "measure": "people"} for by in ("", "country", "path", "event", "source", "properties.plan")),
    ],
    "funnels": [{"steps": FUNNEL}, {"steps": FUNNEL, "by": "country"}, {"steps": f"/pricing\n{RARE}"}],
    "journeys": [{}, {"begin": "/pricing"}, {"begin": RARE}, {"kind": "events"}],
    "cohorts": [{"unit": "day"}, {"unit": "day", "begin": "signup"}, {"begin": RARE}],
    "usage": [{"events": "signup"}, {"events": RARE}, {"events": f"signup\n{RARE}"}],
}  # fmt: skip
ONLY = ["", "country=France", f"country=France|{RARE}", f"country={RARE}"]


@pytest.fixture
def world(project: Project) -> Project:
    """47 people in Germany, 28 in France; 3 in a place, with a source, a browser, a page, a plan, a day and a deed that
    are theirs alone."""
    now = timezone.now()
    rows: list[dict[str, Any]] = []
    for n in range(78):
        is_rare = n >= 75
        country = RARE if is_rare else "Germany" if n < 47 else "France"
        about = {"country": country, "source": RARE if is_rare else "Bing", "browser": RARE if is_rare else "Firefox",
                 "properties": {"plan": RARE if is_rare else "free", "price": f"{n}"}}  # fmt: skip
        begins = now - timedelta(days=4 if is_rare else 2, hours=3)
        rows.append(event(n, begins, path="/pricing", **about))
        rows.append(event(n, begins + timedelta(minutes=1), name="signup", path="/pricing", **about))
        rows.append(event(n, begins + timedelta(days=1), path="/pricing", **about))
        if is_rare:
            rows.append(event(n, begins + timedelta(minutes=2), name=RARE, path="/pricing", **about))
            rows.append(event(n, begins + timedelta(minutes=3), path=f"/{RARE}", **about))
    facts.store(project, "events", *rows, now=now)
    group = "0123456789abcdef0123456789abcdef"
    met = [
        {"at": now - timedelta(days=4, hours=3) + timedelta(seconds=90), "event_id": f"{n:032x}", "group_hash": group,
         "user_key": n} for n in (75, 76, 77)
    ]  # fmt: skip
    facts.store(project, "errors", *met, now=now)
    return project


def _api(user: Any) -> Client:
    _, secret = tokens.create(user, name="api", scopes=tokens.SCOPES, now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {secret}"})


def _asked() -> Iterator[tuple[str, dict[str, str]]]:
    for name, questions in QUESTIONS.items():
        for asked in questions:
            for only in ONLY:
                yield name, {**asked, **({"only": only} if only else {})}


def _api_addresses() -> list[str]:
    base, start = "/api/v1/projects/web/insights", (timezone.now() - timedelta(days=7)).isoformat()
    found = [f"{base}/{name}/?{urlencode({**asked, 'start': start})}" for name, asked in _asked()]
    lost = [urlencode({"steps": steps, "start": start}) for steps in (FUNNEL, "signup\nnever")]
    return [*found, *(f"{base}/funnels/losses/?{query}" for query in lost)]


def _chart_addresses(kind: str) -> list[str]:
    """Of each chart, as each question draws it."""
    drawn = [(chart, {**ALL, **asked}) for name, asked in _asked() for chart in TABS[name].charts]
    visited = [("visitors", {**ALL, **where}) for where in _where()]
    end = f".{kind}" if kind else "/"
    return [f"/p/web/charts/{chart}{end}?{urlencode(asked)}" for chart, asked in (*drawn, *visited)]


def _where() -> list[dict[str, str]]:
    return [{}, {"country": "France"}, {"country": RARE}, {"source": RARE}, {"page": f"/{RARE}"}, {"event": RARE}]


def _lists() -> list[str]:
    return [
        f"/p/web/analytics/list.csv?{urlencode({**ALL, 'by': by, **where})}"
        for by in ("country", "source", "page", "event", "browser", "entry", "exit")
        for where in _where()
    ]


def _pages() -> list[str]:
    tabs = [{"by_places": "browser"}, {"by_pages": "entry"}, {"by_pages": "exit"}, {"cmp": "prev"}, {}]
    analytics = [f"/p/web/analytics/?{urlencode({**ALL, **tab, **where})}" for tab in tabs for where in _where()[:3]]
    insights = [
        f"/p/web/insights/{'' if name == 'trends' else f'{name}/'}?{urlencode({**ALL, **asked})}"
        for name, questions in QUESTIONS.items()
        for asked in questions[:6]
    ]
    return [*analytics, *insights, *_chart_addresses("")[::11]]


def _text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, getattr(answer, "content", b"")[:300])
    return b"".join(answer).decode()


def _numbers(document: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a document, each with the name it stands under."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _numbers(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from _numbers(value, name)
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield name, document


def test_every_number_of_the_api_is_told_in_steps(world: Project, bob: Any, alice: Any) -> None:
    """Sums and differences of multiples of ten are multiples of ten: no two answers leave three."""
    viewer, counted = _api(bob), set()
    for address in _api_addresses():
        text = _text(viewer, address)
        assert RARE not in text or RARE in address, address
        for name, number in _numbers(json.loads(text)):
            if name in COUNTED:
                counted.add(number)
                assert number % 10 == 0, (address, name, number)
    assert {20, 40, 70} <= counted
    found = "".join(_text(_api(alice), address) for address in _api_addresses() if RARE not in address)
    assert RARE in found
    assert re.search(r'"people":3\b', found)


def test_who_asks_for_the_group_by_name_reads_what_is_read_of_nobody(world: Project, as_bob: Client, bob: Any) -> None:
    viewer = _api(bob)
    alone = [one for one in _api_addresses() if (f"%3D{RARE}" in one and "7C" not in one) or f"begin={RARE}" in one]
    assert len(alone) > 20
    for address in alone:
        assert _text(viewer, address) == _text(viewer, address.replace(RARE, NONE)).replace(NONE, RARE), address
    for address in (*_lists()[::2], *_chart_addresses("csv")[::3]):
        if RARE in address and f"France%7C{RARE}" not in address and f"signup%0A{RARE}" not in address:
            assert _text(as_bob, address) == _text(as_bob, address.replace(RARE, NONE)).replace(NONE, RARE), address


@pytest.mark.parametrize("addresses", [_lists, lambda: _chart_addresses("csv")], ids=["lists", "charts"])
def test_no_file_has_the_name_or_another_number(world: Project, as_bob: Client, addresses: Any) -> None:
    for address in addresses():
        head, *lines = _text(as_bob, address).splitlines()
        assert RARE not in "".join([head, *lines]) or RARE in address, address
        for cell in (cell for line in lines for cell in line.split(",")[1:]):
            if re.fullmatch(r"-?\d+(\.0)?", cell) and "/journeys." not in address and "feature_share" not in address:
                assert float(cell) % 10 == 0, (address, cell)


def test_no_picture_has_the_name_or_another_number(world: Project, as_bob: Client) -> None:
    for address in _chart_addresses("json")[::2]:
        text = _text(as_bob, address)
        assert RARE not in text or RARE in address, address
        if "cohorts" in address or "feature_share" in address:
            continue
        for trace in json.loads(text)["data"]:
            drawn = [*trace.get("y", ()), *trace.get("link", {}).get("value", ())]
            assert all(number is None or number % 10 == 0 for number in drawn), (address, drawn)


def test_no_page_has_the_name_or_an_exact_number(world: Project, as_bob: Client, as_alice: Client) -> None:
    exact = re.compile(r">\s*(3|28|31|47|56|75|78|94)\s*</(?:span|td|b)>")
    for address in _pages():
        html = _text(as_bob, address)
        assert RARE not in html or RARE in address, address
        assert "groups of fewer than 10 people" in html
        assert not exact.findall(re.sub(r"<select.*?</select>", "", html, flags=re.DOTALL)), address
    html = "".join(_text(as_alice, address) for address in _pages() if RARE not in address)
    assert RARE in html
    assert {"3", "47", "28"} <= set(exact.findall(html))
    assert "groups of fewer than" not in html


def test_a_share_link_tells_what_viewers_are_told(world: Project, alice: Any) -> None:
    """Whoever has the link is nobody's member: 78 people signed up, and 3 did what they alone do."""
    assert not cards.CHARTS["visitors"].shared
    for name, most in (("signup", 70), (RARE, 0)):
        _, base = share(world, alice, url=f"/p/web/insights/?event={name}&measure=people&from=-7d")
        answer = Client().get(f"{base}charts/trend.json")
        assert answer.status_code == 200
        numbers = [number for row in json.loads(answer.content)["rows"] for number in row[1:] if number is not None]
        assert all(number % 10 == 0 for number in numbers)
        assert max(numbers, default=0) == most


def test_a_view_that_an_owner_keeps_shows_a_viewer_what_viewers_see(
    world: Project, as_alice: Client, as_bob: Client
) -> None:
    address = "/p/web/insights/?from=-7d&by=country&measure=people"
    as_alice.post("/p/web/views/save/", {"name": "Countries", "next": address, "is_shared": "1"})
    kept = SavedView.objects.get(is_shared=True)
    assert RARE in _text(as_alice, f"{kept.path}?{kept.query}")
    assert RARE not in _text(as_bob, f"{kept.path}?{kept.query}")


def test_what_one_person_did_is_refused_and_means_are_rough(world: Project, as_bob: Client, as_alice: Client) -> None:
    asked = {**ALL, "event": "/pricing", "of": "price"}
    base = "/p/web/insights/?"
    assert "whom you may not see here" in _text(as_bob, base + urlencode({**asked, "measure": "max"}))
    assert "whom you may not see here" not in _text(as_alice, base + urlencode({**asked, "measure": "max"}))
    api = "/api/v1/projects/web/insights/trends/?"
    start = (timezone.now() - timedelta(days=7)).isoformat()
    membership = Membership.objects.get(role="viewer")
    client = _api(membership.user)
    query = {"event": "/pricing", "of": "price", "start": start}
    [line] = json.loads(_text(client, api + urlencode({**query, "measure": "sum"})))["lines"]
    assert line["total"] == 6000.0  # of 2 * (0 + … + 77) = 6,006
    [line] = json.loads(_text(client, api + urlencode({**query, "measure": "p99"})))["lines"]
    assert line["total"] is None  # 78 people are no ten beyond it
    assert client.get(api + urlencode({**query, "measure": "min"})).status_code == 400


def test_an_owner_says_how_small_is_small_and_the_record_says_so(
    world: Project, as_alice: Client, as_bob: Client
) -> None:
    address = "/p/web/insights/?from=-7d&by=country&measure=people"
    assert 'name="small_groups" value="10" checked' in _text(as_alice, "/p/web/settings/")
    assert "fewer than 10 anonymous visitors of a day" in record(world, now=timezone.now())
    form = {"action": "privacy", "small_groups": "0"}
    assert "Senders follow" in as_alice.post("/p/web/settings/change/", form, follow=True).content.decode()
    assert RARE in _text(as_bob, address)
    world.refresh_from_db()
    assert "groups of any size" in record(world, now=timezone.now())
    for wrong in ("2", "-1", "many", "100000"):
        as_alice.post("/p/web/settings/change/", {"action": "privacy", "small_groups": wrong})
        world.refresh_from_db()
        assert world.small_groups == 0


def test_days_are_no_unique_visitors_of_a_week(world: Project, as_alice: Client) -> None:
    for page in ("analytics/?", "insights/?measure=people&", "insights/cohorts/?", "insights/usage/?"):
        assert "daily unique visitors" in _text(as_alice, f"/p/web/{page}from=-7d").lower(), page
    Project.objects.update(analytics="identified")
    assert "daily unique" not in _text(as_alice, "/p/web/analytics/?from=-7d").lower()
    assert set(PARAMETERS) == set(QUESTIONS)
