"""Opens a page in headless Chromium until it says that it is done: `python visit.py <url> <dsn> [<tunnel>]`.

Prints what the browser saw: the statuses of its envelopes, and complaints about them on the console."""

import json
import os
import shutil
import sys

from playwright.sync_api import sync_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def is_sending(url: str) -> bool:
    return "/envelope/" in url or "/tunnel/" in url


def visit(url: str, dsn: str, tunnel: str = "") -> dict[str, list[object]]:
    seen: dict[str, list[object]] = {"statuses": [], "complaints": []}
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.on("response", lambda answer: seen["statuses"].append(answer.status) if is_sending(answer.url) else None)
        page.on("requestfailed", lambda request: seen["complaints"].append(f"{request.url} {request.failure}"))
        page.on("console", lambda said: seen["complaints"].append(said.text) if "CORS" in said.text else None)
        page.add_init_script(
            f"window.DSN = {json.dumps(dsn)}; window.TUNNEL = {json.dumps(tunnel or None)} ?? undefined"
        )
        page.goto(url, wait_until="load")
        page.wait_for_function("window.isDone === true", timeout=30_000)
        page.wait_for_load_state("networkidle")
        browser.close()
    return seen


if __name__ == "__main__":
    print(json.dumps(visit(*sys.argv[1:])))
