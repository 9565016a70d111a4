"""Visits to pages with an SDK in them, by the session's browser, and what the browser saw of what the SDK sent."""

import base64
import json
import time
from typing import Any

from playwright.sync_api import Browser, Request, Response

# posthog-js sends nothing for a browser that says it is headless.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HEADERS = ("content-type", "content-encoding", "user-agent", "origin")
# A page is done when nothing was asked or answered for so many seconds; one that never rests is done at last.
QUIET, LONGEST = 1.2, 10.0


def until_done(browser: Browser, url: str, *, dsn: str, tunnel: str = "") -> dict[str, list[Any]]:
    """Open a page until it says that it is done: the statuses of its envelopes, and complaints about them."""
    seen: dict[str, list[Any]] = {"statuses": [], "complaints": []}
    page = browser.new_page()
    page.on("response", lambda answer: seen["statuses"].append(answer.status) if _is_sending(answer.url) else None)
    page.on("requestfailed", lambda request: seen["complaints"].append(f"{request.url} {request.failure}"))
    page.on("console", lambda said: seen["complaints"].append(said.text) if "CORS" in said.text else None)
    page.add_init_script(f"window.DSN = {json.dumps(dsn)}; window.TUNNEL = {json.dumps(tunnel or None)} ?? undefined")
    page.goto(url, wait_until="load")
    page.wait_for_function("window.isDone === true", timeout=30_000)
    page.wait_for_load_state("networkidle")
    page.close()
    return seen


def _is_sending(url: str) -> bool:
    return "/envelope/" in url or "/tunnel/" in url


def and_leave(browser: Browser, url: str, *, server: str, project: str, key: str) -> dict[str, Any]:
    """Open a page, use it, and leave: what it sent to the server (bodies in base64) and wrote to the console."""
    seen: dict[str, Any] = {"sent": [], "console": [], "statuses": []}
    heard: list[float] = []

    def sent(request: Request) -> None:
        heard.append(time.monotonic())
        if request.method == "POST" and request.url.startswith(server):
            headers = {name: value for name, value in request.headers.items() if name in HEADERS}
            body = base64.b64encode(request.post_data_buffer or b"").decode()
            seen["sent"].append({"url": request.url.removeprefix(server), "headers": headers, "body": body})

    def answered(answer: Response) -> None:
        heard.append(time.monotonic())
        seen["statuses"].append([answer.status, answer.url])

    def settle() -> None:
        began = time.monotonic()
        heard.append(began)
        while (now := time.monotonic()) - heard[-1] < QUIET and now - began < LONGEST:
            page.wait_for_timeout(50)

    page = browser.new_page(user_agent=AGENT)
    page.context.on("request", sent)
    page.context.on("response", answered)
    page.on("console", lambda said: seen["console"].append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen["console"].append(str(error)))
    page.add_init_script(f"window.OBS = {json.dumps({'url': server, 'project': project, 'key': key})}")
    page.goto(url, wait_until="networkidle")
    page.click("button")
    settle()
    page.goto("about:blank")
    settle()
    page.close()
    return seen
