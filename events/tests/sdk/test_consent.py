"""posthog-js, from its package, in a project that asks: its opt-in is consent, and a beacon takes it back."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from events.models import Person
from events.tests.intake import digested, facts
from events.tests.npm import installed
from events.tests.sdk import visits
from events.tests.sdk.conftest import CLIENTS, HERE, Shop

pytestmark = [pytest.mark.sdk, pytest.mark.django_db(transaction=True)]


def test_an_opt_in_of_posthog_js_is_consent_until_a_beacon_takes_it_back(
    shop: Shop, site: tuple[Path, str], browser: Browser
) -> None:
    shop.project.analytics = "consent"
    shop.project.save()
    packages = installed(HERE / "npm_performance", name="npm_performance")
    folder, origin = site
    shop.run(
        packages / ".bin" / "esbuild", "consent_page.js", "--bundle", "--minify", "--log-level=error",
        f"--outfile={folder}/page.js", '--define:process.env.NODE_ENV="production"', NODE_PATH=str(packages),
        cwd=CLIENTS,
    )  # fmt: skip
    (folder / "index.html").write_text(
        '<!doctype html><title>Shop</title><link rel="icon" href="data:,"><button>I agree</button>'
        '<script src="/page.js"></script>'
    )
    to: dict[str, Any] = {"server": shop.server.url, "project": str(shop.project.pk), "key": shop.key.public_key}
    seen = visits.and_leave(browser, origin, **to)
    assert [line for line in seen["console"] if "consent" in line or "CORS" in line] == []
    digested(shop.project)
    said = shop.project.consents.order_by("number")
    assert [(one.state, one.source, one.version) for one in said] == [
        ("given", "sdk", "2026-11"), ("withdrawn", "page", "2026-11"),
    ]  # fmt: skip
    assert {one.visitor for one in said} == {said[0].visitor}
    rows = facts(shop.project, "events")
    of_person = {row["event"] for row in rows if row["visitor"] == said[0].visitor}
    assert of_person == {"$opt_in", "agreed"}
    assert "before" in {row["event"] for row in rows} - of_person
    assert not {"after"} & of_person
    assert Person.objects.count() <= 1
