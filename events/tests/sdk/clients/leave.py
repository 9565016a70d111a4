"""Opens a page in headless Chromium, uses it, and leaves: `python leave.py <page url> <server url> <project> <key>`.

Prints what the page sent to the server (bodies in base64) and what it wrote to the console."""

import base64
import json
import os
import shutil
import sys
from typing import Any

from playwright.sync_api import Request, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-blink-features=AutomationControlled",
]
# posthog-js sends nothing for a browser that says it is headless, or driven.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HEADERS = ("content-type", "content-encoding", "user-agent", "origin")


def visit(url: str, server: str, project: str, key: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"sent": [], "console": [], "statuses": []}

    def sent(request: Request) -> None:
        if request.method == "POST" and request.url.startswith(server):
            headers = {name: value for name, value in request.headers.items() if name in HEADERS}
            body = base64.b64encode(request.post_data_buffer or b"").decode()
            seen["sent"].append({"url": request.url.removeprefix(server), "headers": headers, "body": body})

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(user_agent=AGENT)
        page.context.on("request", sent)
        page.context.on("response", lambda answer: seen["statuses"].append([answer.status, answer.url]))
        page.on(
            "console", lambda said: seen["console"].append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: seen["console"].append(str(error)))
        # A headless shell says so in its brands as well.
        page.add_init_script("Object.defineProperty(Navigator.prototype, 'userAgentData', { get: () => undefined })")
        page.add_init_script(f"window.OBS = {json.dumps({'url': server, 'project': project, 'key': key})}")
        page.goto(url, wait_until="networkidle")
        page.click("button")
        page.wait_for_timeout(2500)
        page.goto("about:blank")
        page.wait_for_timeout(2500)
        browser.close()
    return seen


if __name__ == "__main__":
    print(json.dumps(visit(*sys.argv[1:])))
