"""The scripts that other people's pages load: committed as built, small, and served compressed."""

import gzip
import hashlib

import brotli
import pytest
from django.test import Client

from events.endpoints import browser_scripts

SUMS = (browser_scripts.FOLDER / "SHA256SUMS").read_text().splitlines()
# Bytes of the gzip form; posthog-js is as large as it is published.
BUDGETS = {
    "insights.js": 1024,
    "speed-insights.js": 5 * 1024,
    "plausible.js": 2560,
    "umami.js": 1536,
    "posthog-web-vitals.js": 5 * 1024,
    "posthog-web-vitals-with-attribution.js": 10 * 1024,
    "posthog-exception-autocapture.js": 7 * 1024,
    "posthog-dead-clicks-autocapture.js": 10 * 1024,
    "posthog-tracing-headers.js": 3 * 1024,
    f"{browser_scripts.POSTHOG}.js": 125 * 1024,
}


@pytest.mark.parametrize("line", SUMS)
def test_a_file_is_the_one_that_was_built(line: str) -> None:
    digest, _, name = line.partition("  ")
    assert hashlib.sha256((browser_scripts.FOLDER / name).read_bytes()).hexdigest() == digest


def test_every_file_has_a_checksum() -> None:
    found = {path.name for path in browser_scripts.FOLDER.iterdir() if path.is_file()} - {"SHA256SUMS"}
    assert {line.partition("  ")[2] for line in SUMS} == found


@pytest.mark.parametrize("name", BUDGETS)
def test_a_script_keeps_its_budget_and_its_compressed_forms_are_the_same_script(name: str) -> None:
    plain = (browser_scripts.FOLDER / name).read_bytes()
    zipped = (browser_scripts.FOLDER / f"{name}.gz").read_bytes()
    assert len(zipped) <= BUDGETS[name]
    assert gzip.decompress(zipped) == plain
    assert brotli.decompress((browser_scripts.FOLDER / f"{name}.br").read_bytes()) == plain


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""), ("identity", ""), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"), ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP;q=0.000", ""), ("brotli", ""),
    ],
)  # fmt: skip
def test_the_smallest_form_that_the_browser_takes_is_chosen(accepted: str, encoding: str) -> None:
    assert browser_scripts.preferred(accepted) == encoding


@pytest.mark.parametrize("path", ["/static/array.js", "/static/1/array.js", "/static/1.258.0/array.js?v=1.258.0"])
def test_posthog_js_is_served_whichever_version_a_page_asks_for(path: str) -> None:
    answer = Client().get(path, headers={"accept-encoding": "gzip, br"})
    assert answer.status_code == 200
    assert (answer["Content-Encoding"], answer["Access-Control-Allow-Origin"]) == ("br", "*")
    assert "Accept-Encoding" in answer["Vary"]
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert brotli.decompress(answer.content) == browser_scripts.read(browser_scripts.POSTHOG)
    assert Client().get(path).content == browser_scripts.read(browser_scripts.POSTHOG)


def test_the_version_that_is_served_may_be_kept_for_good() -> None:
    version = browser_scripts.POSTHOG.removeprefix("posthog-")
    answer = Client().get(f"/static/{version}/array.js")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in Client().get(f"/static/{version}/web-vitals.js")["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/js/script.js", "plausible"),
        ("/js/script.hash.outbound-links.js", "plausible"),
        ("/js/plausible.js", "plausible"),
        ("/js/pa-shop.example.js", "plausible"),
        ("/script.js", "umami"),
        ("/_vercel/insights/script.js", "insights"),
        ("/static/exception-autocapture.js?v=1.449.2", "posthog-exception-autocapture"),
        ("/static/1.449.2/dead-clicks-autocapture.js", "posthog-dead-clicks-autocapture"),
        ("/static/tracing-headers.js", "posthog-tracing-headers"),
    ],
)
def test_a_script_is_served_to_any_page_and_asked_for_once(path: str, script: str) -> None:
    first = Client().get(path, headers={"accept-encoding": "gzip, br", "origin": "https://shop.example"})
    assert (first.status_code, first["Content-Encoding"]) == (200, "br")
    assert brotli.decompress(first.content) == browser_scripts.read(script)
    assert first["Content-Type"] == "text/javascript; charset=utf-8"
    assert (first["Access-Control-Allow-Origin"], first["Cross-Origin-Resource-Policy"]) == ("*", "cross-origin")
    assert not first.cookies
    again = Client().get(path, headers={"accept-encoding": "br", "if-none-match": first["ETag"]})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "public, max-age=3600")
    assert Client().get(path, headers={"if-none-match": first["ETag"]}).status_code == 200, "another form"
