"""Clients of feature flags, from their packages, against the running server: what they get is what is meant."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from analytics.flags import books, evaluation
from analytics.flags.evaluation import Subject
from analytics.tests.flags.make import group, prop, stored, variants
from events.accounts import tokens
from events.tests import pypi
from events.tests.arrivals import Arrived, npm, package
from events.tests.npm import installed
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]
KIND = ["flags evaluated"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The pinned npm packages of flags, installed once per lock file."""
    return installed(HERE / "npm_flags", name="npm_flags")


@pytest.fixture
def flags(shop: Shop) -> dict[str, Any]:
    books.forget()
    on_split = {"type": "flag", "key": "split", "value": "b", "operator": "flag_evaluates_to"}
    team: dict[str, Any] = {"aggregation_group_type_index": 0, "group_type": "company"}
    made = [
        stored(shop.project, "plain", payloads={"true": '{"a": 1}'}),
        stored(shop.project, "off", group(rollout=0)),
        stored(shop.project, "split", group(rollout=80), multivariate=variants(a=40, b=60), payloads={"b": '["x"]'}),
        stored(shop.project, "pros", group(prop("plan", "pro"))),
        stored(shop.project, "half", group(prop("plan", "pro"), rollout=33.3), group(rollout=10)),
        stored(shop.project, "team", group(prop("tier", "gold"), rollout=50), **team),
        stored(shop.project, "held", holdout={"id": 3, "exclusion_percentage": 20}),
        stored(shop.project, "after", group(on_split)),
        stored(shop.project, "servers", runtime="server"),
        stored(shop.project, "number", multivariate=variants(n=100), payloads={"n": "42"}),
        stored(shop.project, "words", multivariate=variants(hello=100)),
        stored(shop.project, "object", multivariate=variants(o=100), payloads={"o": '{"a": [1, 2.5]}'}),
    ]
    return {flag.key: flag for flag in made}


@pytest.fixture
def secrets(shop: Shop, alice: Any) -> tuple[str, str]:
    """A personal token, and one of the project."""
    personal, project = (
        tokens.create(alice, name="flags", scopes=["read"], project=project, now=timezone.now())[1]
        for project in (None, shop.project)
    )
    return personal, project


def expected(shop: Shop, number: int, plan: str, *, has_group: bool) -> dict[str, bool | str]:
    groups = {"company": f"c{number}"} if has_group else {}
    of_groups = {"company": {"tier": "gold"}} if has_group else {}
    subject = Subject(f"user-{number}", properties={"plan": plan}, groups=groups, group_properties=of_groups)
    verdicts = evaluation.evaluate(books.of(shop.project.pk), subject, now=timezone.now())
    return {key: verdict.value for key, verdict in verdicts.items()}


def answered(printed: str) -> dict[str, Any]:
    """What a client says in the one line that is JSON."""
    (line,) = (line for line in printed.splitlines() if line.startswith("{"))
    return dict(json.loads(line))


@pytest.mark.parametrize("age", ["7", "6", "3"])
def test_posthog_for_python_agrees_with_the_server(
    shop: Shop, flags: dict[str, Any], secrets: tuple[str, str], arrived: Arrived, age: str
) -> None:
    is_old = age != "7"
    sent = [shop.server.url, shop.key.public_key, secrets[0], "1000" if is_old else "10000"]
    address = "/api/feature_flag/local_evaluation/" if is_old else "/flags/definitions"
    before = len(shop.server.answers(address))
    if is_old:
        folder = pypi.installed(f"posthog-{age}")
        version = pypi.version(folder, "posthog")
        said = answered(shop.older_python(folder, "flags_python.py", *sent))
    else:
        version = package("posthog")
        said = answered(shop.run(sys.executable, "-W", "ignore", CLIENTS / "flags_python.py", *sent))
    assert said["keys"] == sorted(flags)
    plans = ["free", "pro"]
    unknown = {"held": True} if is_old else {}  # those of before know no holdout
    assert len(said["local"]) == int(sent[-1])
    differing = []
    for number, got in enumerate(said["local"]):
        wanted = expected(shop, number, plans[number % 2], has_group=True) | unknown
        # An old one leaves out what it cannot decide by itself.
        if got != ({key: wanted[key] for key in got} if is_old else wanted) or len(got) < len(flags) - 3:
            differing.append((number, got))
    assert differing == []
    for number, got in enumerate(said["remote"]):
        assert {**got, "team": None} == {**expected(shop, number, "pro", has_group=True), "team": None}
    assert json.loads(said.get("config", '{"a": 1}')) == {"a": 1}
    statuses = [answer.status for answer in shop.server.answers(address)[before:]]
    assert statuses[0] == 200
    if not is_old:
        assert set(statuses[1:]) == {304}, "what was not changed is not sent again"
    arrived("posthog (Python)", version, KIND)


def test_openfeature_for_python_agrees_with_the_server(
    shop: Shop, flags: dict[str, Any], secrets: tuple[str, str], arrived: Arrived
) -> None:
    said = answered(shop.run(sys.executable, CLIENTS / "flags_openfeature.py", shop.server.url, secrets[1]))
    assert said == {
        "plain": True, "pros": True, "frees": False, "number": 42, "text": "hello", "object": {"a": [1, 2.5]},
        "gone": "FLAG_NOT_FOUND", "nobody": "TARGETING_KEY_MISSING", "reason": "TARGETING_MATCH",
        "mismatch": "TYPE_MISMATCH",
    }  # fmt: skip
    arrived("openfeature-provider-ofrep", package("openfeature-provider-ofrep"), KIND)


def test_node_clients_of_every_house_agree_with_the_server(
    shop: Shop, packages: Path, flags: dict[str, Any], secrets: tuple[str, str], arrived: Arrived
) -> None:
    sent = [shop.server.url, shop.key.public_key, *secrets, "300"]
    said = answered(shop.run("node", CLIENTS / "flags_node.cjs", *sent, NODE_PATH=str(packages)))
    for name in ("posthog-node", "posthog-node-4", "posthog-node-3"):
        one = said[name]
        for number, got in enumerate(one["remote"]):
            assert got == expected(shop, number, "pro", has_group=False), name
        for number, got in enumerate(one["local"]):
            wanted = expected(shop, number, ["free", "pro"][number % 2], has_group=False)
            wanted |= {} if name == "posthog-node" else {"held": True}  # those of before know no holdout
            assert got == {key: wanted[key] for key in got}, (name, number)
            assert len(got) >= len(flags) - 3, name
        assert one["payload"] == {"a": 1}
        assert one.get("config", {"a": 1}) in ({"a": 1}, '{"a": 1}'), "node 4 leaves the text to its caller"
        arrived("posthog-node", npm(packages, name), KIND)
    assert said["openfeature"] == {"pros": True, "number": 42, "object": {"a": [1, 2.5]}, "gone": "FLAG_NOT_FOUND"}
    assert said["web"] == {"pros": True, "text": "hello", "servers": "FLAG_NOT_FOUND", "frees": False}
    assert said["unleash"]["errors"] == []
    assert (said["unleash"]["pros"], said["unleash"]["off"], said["unleash"]["frees"]) == (True, False, False)
    assert said["unleash"]["variant"]["name"] == "hello"
    assert said["growthbook"] == {"pros": True, "number": 42, "words": "hello"}
    for name in ("@openfeature/ofrep-provider", "@openfeature/ofrep-web-provider", "unleash-proxy-client"):
        arrived(name, npm(packages, name), KIND)
    arrived("@growthbook/growthbook", npm(packages, "@growthbook/growthbook"), KIND)


@pytest.mark.parametrize(("case", "name"), [("flags", "posthog-js"), ("flags_older", "posthog-js-1.130")])
def test_posthog_js_shows_a_page_its_flags(
    shop: Shop, packages: Path, flags: dict[str, Any], site: tuple[Path, str], browser: Browser, arrived: Arrived,
    case: str, name: str,
) -> None:  # fmt: skip
    stored(shop.project, "kept", multivariate=variants(a=50, b=50), is_continuous=True)
    stored(shop.project, "mine", group(prop("plan", "pro")))
    folder, origin = site
    shop.run(
        packages / ".bin" / "esbuild", f"{case}_page.js", "--bundle", "--minify", "--log-level=error",
        f"--outfile={folder}/page.js", NODE_PATH=str(packages), cwd=CLIENTS,
    )  # fmt: skip
    (folder / "index.html").write_text(
        '<!doctype html><title>Shop</title><link rel="icon" href="data:,"><button>In</button><script src="/page.js">'
        "</script>"
    )
    page = browser.new_page(user_agent=visits.AGENT)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(f"window.OBS = {json.dumps({'url': shop.server.url, 'key': shop.key.public_key})}")
    page.goto(origin)
    page.wait_for_function("window.FLAGS?.length > 0", timeout=20_000)
    first = page.evaluate("window.FLAGS.at(-1)")
    page.click("button")
    page.wait_for_function("window.FLAGS.at(-1).mine === true", timeout=20_000)
    then = page.evaluate("window.FLAGS.at(-1)")
    page.close()
    assert complaints == []
    assert (first["plain"], first["off"], first["mine"], first["payload"]) == (True, False, False, {"a": 1})
    assert first["split"] in ("a", "b", False)
    assert not first.get("servers"), "a page hears nothing of a flag for servers"
    assert then["kept"] == first["kept"], "who logs in keeps what they had"
    arrived("posthog-js", npm(packages, name), KIND)
