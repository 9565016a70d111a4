"""Matomo's tracking HTTP API: what each hit becomes, what is answered, and what only a token may say."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from events.accounts import keys, sites, tokens
from events.endpoints.admission.buckets import buckets
from events.models import IngestKey, Membership, Project
from events.tests.intake import digested, facts

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
PAGE = {"idsite": "7", "rec": "1", "url": "https://shop.example/a?mtm_campaign=spring&mtm_source=mail&q=ill"}


@pytest.fixture(autouse=True)
def known(clean_redis: Any, project: Project, key: IngestKey, now: datetime) -> None:
    """The project, which has Matomo's site 7."""
    keys.forget()
    sites.forget()
    buckets.__init__()  # type: ignore[misc]
    sites.add(project, "7", actor=None, now=now)


def hit(**more: str) -> dict[str, str]:
    return {**PAGE, **more}


def ask(*, path: str = "/matomo.php", agent: str = CHROME, **said: str) -> Any:
    return Client().get(f"{path}?{urlencode(said)}", headers={"User-Agent": agent})


def bulk(*hits: Any, agent: str = "server", **around: str) -> Any:
    sent = [one if not isinstance(one, dict) else f"?{urlencode(one)}" for one in hits]
    body = json.dumps({"requests": sent, **around})
    return Client().post("/matomo.php", body, content_type="application/json", headers={"User-Agent": agent})


def token_of(project: Project, now: datetime, *, role: str = "editor", scope: str = tokens.RELEASES) -> str:
    user = get_user_model().objects.create_user(f"{role}-{scope}")
    Membership.objects.create(project=project, user=user, role=role)
    return tokens.create(user, name="log import", scopes=[scope], now=now)[1]


def stored(project: Project) -> list[dict[str, Any]]:
    digested(project)
    return facts(project, "events")


def test_a_look_at_a_page_is_answered_with_a_picture(project: Project) -> None:
    answer = ask(**hit(action_name="A", urlref="https://www.google.com/", _id="0123456789abcdef"))
    assert (answer.status_code, answer["Content-Type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    answer = ask(path="/piwik.php", **hit(send_image="0"))
    assert (answer.status_code, answer.content) == (204, b"")
    first, second = stored(project)
    assert (first["event"], first["host"], first["path"], first["title"]) == ("$pageview", "shop.example", "/a", "A")
    assert (first["utm_campaign"], first["source"], first["browser"]) == ("spring", "mail", "Chrome")
    assert first["visitor"] == second["visitor"], "a browser is itself, whatever its cookie says"
    assert "ill" not in str(first)


@pytest.mark.parametrize(
    ("said", "event", "properties"),
    [
        ({"e_c": "Video", "e_a": "play", "e_n": "Tour", "e_v": "3"}, "Video: play",
         {"category": "Video", "action": "play", "name": "Tour", "value": "3"}),
        ({"link": "https://other.example/x"}, "Outbound Link: Click", {"url": "https://other.example/x"}),
        ({"download": "https://shop.example/a.pdf"}, "File Download", {"url": "https://shop.example/a.pdf"}),
        ({"search": "my illness", "search_cat": "help", "search_count": "0"}, "Site Search",
         {"category": "help", "results": "0"}),
        ({"idgoal": "3", "revenue": "9.5"}, "Goal 3", {"revenue": "9.5"}),
        ({"idgoal": "0", "ec_id": "B7", "revenue": "20", "ec_tx": "3", "ec_items": '[["s","n","",5,2],["t"]]'}, "Order",
         {"revenue": "20", "tax": "3", "order": "B7", "items": "3"}),
        ({"idgoal": "0", "revenue": "20", "ec_items": "no list"}, "Basket Updated", {"revenue": "20"}),
        ({"c_n": "ad", "c_p": "a.png"}, "Content: Impression", {"name": "ad", "piece": "a.png"}),
        ({"c_n": "ad", "c_i": "click"}, "Content: Interaction", {"name": "ad", "interaction": "click"}),
        ({"ping": "1"}, "$engagement", {}),
        ({"ca": "1"}, "custom action", {}),
        ({"dimension2": "team", "cvar": '{"1":["plan","gold"],"2":7}', "_cvar": "["}, "$pageview",
         {"dimension2": "team", "plan": "gold"}),
    ],
)  # fmt: skip
def test_each_kind_of_hit_is_an_event(
    project: Project, said: dict[str, str], event: str, properties: dict[str, str]
) -> None:
    assert ask(**hit(**said)).status_code == 200
    [row] = stored(project)
    assert (row["event"], dict(row["properties"])) == (event, properties)
    assert row["is_interactive"] == (event not in ("$engagement", "Content: Impression"))


def test_a_list_is_told_what_came_of_it(project: Project) -> None:
    whole = f"?{urlencode(hit(uid='ada'))}"
    answer = bulk(whole, whole[1:], hit(), hit(idsite="8"), {"idsite": "7"}, 5, hit(hsr_vid="x"), token_auth="")
    assert answer.json() == {"status": "success", "tracked": 4, "invalid": 3}
    form = Client().post(
        "/matomo.php", f"idsite=7&rec=1&url={quote(PAGE['url'])}", content_type="application/x-www-form-urlencoded"
    )
    assert form.status_code == 200
    report = digested(project)
    assert (report.stored, report.filtered) == (4, {"replay": 1})
    assert bulk(*[hit()] * 1001).status_code == 413
    for nonsense in ("{", '{"requests": {}}', "[]"):
        answer = Client().post("/matomo.php", nonsense, content_type="application/json")
        assert (answer.status_code, answer.json()["status"]) == (400, "error")
    assert Client().get("/matomo.php").status_code == 400
    assert ask(idsite="7", url="https://shop.example/").status_code == 400


def test_a_site_that_nobody_knows_is_dropped_in_silence(project: Project) -> None:
    assert ask(**hit(idsite="999")).status_code == 200
    assert bulk(hit(idsite="999"), hit(idsite="")).json() == {"status": "success", "tracked": 0, "invalid": 2}
    assert stored(project) == []


def test_who_objects_is_not_counted(project: Project) -> None:
    answer = Client().get(f"/matomo.php?{urlencode(hit())}", headers={"User-Agent": CHROME, "DNT": "1"})
    assert answer.status_code == 200
    report = digested(project)
    assert (report.stored, report.filtered) == (0, {"visitor_objects": 1})


def test_a_user_is_a_person_and_a_cookie_is_none(project: Project) -> None:
    project.analytics = "identified"
    project.save()
    keys.forget()
    ask(**hit(uid="ada", _id="0123456789abcdef"))
    ask(**hit(_id="0123456789abcdef"))
    named, unnamed = stored(project)
    assert named["visitor"] != unnamed["visitor"]
    assert project.persons.count() == 1


def test_only_a_token_speaks_for_others_and_of_long_ago(project: Project, now: datetime) -> None:
    long_ago = str(int((datetime.now(tz=now.tzinfo) - timedelta(days=3)).timestamp()))
    for said in ({"cip": "203.0.113.9"}, {"cdt": long_ago}):
        assert ask(**hit(**said)).status_code == 400
        assert ask(**hit(**said, token_auth="f" * 32)).status_code == 400
        assert ask(**hit(**said, token_auth=token_of(project, now, role="viewer"))).status_code == 400
        get_user_model().objects.all().delete()
    reading = token_of(project, now, scope=tokens.READ)
    assert bulk(hit(cip="203.0.113.9"), token_auth=reading).json()["invalid"] == 1
    writing = token_of(project, now)
    two = [hit(cip=f"203.0.113.{n}", ua=CHROME, cdt=long_ago) for n in (1, 2)]
    assert bulk(*two, two[0], token_auth=writing).json() == {"status": "success", "tracked": 3, "invalid": 0}
    older = str(int(long_ago) - 500 * 86_400)
    assert bulk(hit(cip="203.0.113.1", cdt=older), token_auth=writing).json()["invalid"] == 0
    assert digested(project).filtered == {"older_than_kept": 1}
    rows = stored(project)
    assert len({row["visitor"] for row in rows}) == 2, "each address is a visitor"
    assert {row["browser"] for row in rows} == {"Chrome"}
    assert {int(row["at"].timestamp()) for row in rows} == {int(long_ago)}
    assert "203.0.113" not in str(rows)
