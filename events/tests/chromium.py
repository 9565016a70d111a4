"""One real Chromium for every test of the session that drives a browser; two in one process would not start."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from formaos_obs.environment import BASE_DIR

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-blink-features=AutomationControlled",  # posthog-js sends nothing for a browser that says it is driven
]  # fmt: skip

# What `make test` found or fetched (formaos_obs/tests/provision.py) stands in front of the PATH of all tests.
TOOLS = BASE_DIR / "var" / "tools" / "bin"
os.environ["PATH"] = f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
if (TOOLS / "playwright-node").exists():  # its own does not start on this machine
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(TOOLS / "playwright-node")

# Playwright's loop runs in this very thread, which Django would take for an asynchronous caller.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@contextmanager
def launched() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser
