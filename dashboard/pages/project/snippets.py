"""The lines to paste for each platform."""

import base64
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders


@dataclass(frozen=True, slots=True)
class Snippet:
    """One platform: what to install and what to write; `note` says what to know besides."""

    name: str
    title: str
    install: str
    code: str
    note: str = ""


def of(dsn: str, *, base_url: str, slug: str) -> list[Snippet]:
    """The snippets of a project with this DSN."""
    parts = urlsplit(dsn)
    key, host = parts.username or "", f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    project_id = parts.path.rsplit("/", 1)[-1]
    name, integrity = browser_script()
    return [
        Snippet("python", "Python", "pip install sentry-sdk", _PYTHON.format(dsn=dsn)),
        Snippet(
            "django",
            "Django",
            "pip install 'sentry-sdk[django]'",
            _DJANGO.format(dsn=dsn),
            "At the end of settings.py.",
        ),
        Snippet(
            "middleware",
            "Django timings",
            "pip install ./clients/python",
            _MIDDLEWARE.format(dsn=dsn),
            "Response times of an API layer without an SDK, from a checkout of this server. First in the list, so that "
            "it times the others as well.",
        ),
        Snippet(
            "node",
            "Node",
            "npm install @sentry/node",
            _NODE.format(dsn=dsn),
            "In instrument.js, imported before all else.",
        ),
        Snippet("browser", "Browser", "npm install @sentry/browser", _BROWSER.format(dsn=dsn)),
        Snippet(
            "react",
            "React",
            "npm install @sentry/react",
            _REACT.format(dsn=dsn),
            "Errors of rendering need the boundary.",
        ),
        Snippet(
            "script",
            "Browser script",
            "",
            _SCRIPT.format(base=base_url.rstrip("/"), dsn=dsn, name=name, integrity=integrity),
            "Errors, web vitals, page views and timings in one small file, without cookies. What it does is set under "
            "Settings. A Content-Security-Policy needs this server in script-src and connect-src.",
        ),
        Snippet("curl", "curl", "", _CURL.format(host=host, project_id=project_id, key=key), "One error, by hand."),
        Snippet(
            "sentry-cli",
            "sentry-cli",
            "npm install --global @sentry/cli",
            _CLI.format(base=base_url, slug=slug),
            "The token is made under “Your API tokens”, with the scope “releases”.",
        ),
    ]


@cache
def browser_script() -> tuple[str, str]:
    """The newest version of the browser script: its file's name, and the hash that a page may check it by."""
    listed = (line.split() for line in Path(str(finders.find("clients/SHA256SUMS"))).read_text().splitlines())
    scripts = {name: digest for digest, name in listed if name.startswith("obs-") and name.endswith(".js")}
    newest = max(scripts, key=lambda name: [int(part) for part in name[4:-3].split(".")])
    return newest, "sha256-" + base64.b64encode(bytes.fromhex(scripts[newest])).decode()


_PYTHON = """import sentry_sdk

sentry_sdk.init(
    dsn="{dsn}",
    release="my-app@1.0.0",
    environment="production",
)

1 / 0
"""
_DJANGO = """import sentry_sdk

sentry_sdk.init(
    dsn="{dsn}",
    release="my-app@1.0.0",
    environment="production",
)
"""
_MIDDLEWARE = """MIDDLEWARE = [
    "formaos_obs_client.Middleware",
    # …
]
OBS_DSN = "{dsn}"
OBS_RELEASE = "my-app@1.0.0"
OBS_ENVIRONMENT = "production"
"""
_NODE = """import * as Sentry from "@sentry/node";

Sentry.init({{
  dsn: "{dsn}",
  release: "my-app@1.0.0",
  environment: "production",
}});

Sentry.captureException(new Error("Hello from Node"));
"""
_BROWSER = """import * as Sentry from "@sentry/browser";

Sentry.init({{
  dsn: "{dsn}",
  release: "my-app@1.0.0",
  environment: "production",
}});

setTimeout(() => {{ throw new Error("Hello from the browser"); }});
"""
_REACT = """import * as Sentry from "@sentry/react";
import {{ createRoot }} from "react-dom/client";

Sentry.init({{ dsn: "{dsn}", release: "my-app@1.0.0" }});

createRoot(document.getElementById("root")).render(
  <Sentry.ErrorBoundary fallback={{<p>Something went wrong.</p>}}>
    <App />
  </Sentry.ErrorBoundary>,
);
"""
_SCRIPT = """<script async src="{base}/static/clients/{name}"
        integrity="{integrity}"
        crossorigin="anonymous"
        data-dsn="{dsn}"
        data-release="my-app@1.0.0" data-environment="production"></script>
"""
_CURL = """curl {host}/api/{project_id}/store/ \\
  -H "X-Sentry-Auth: Sentry sentry_version=7, sentry_key={key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"message": "Hello from curl", "level": "error", "platform": "other"}}'
"""
_CLI = """export SENTRY_URL={base}
export SENTRY_ORG=obs SENTRY_PROJECT={slug}
export SENTRY_AUTH_TOKEN=…

sentry-cli releases new my-app@1.0.0
sentry-cli releases set-commits my-app@1.0.0 --local
sentry-cli sourcemaps inject ./dist
sentry-cli sourcemaps upload --release my-app@1.0.0 ./dist
sentry-cli releases finalize my-app@1.0.0
sentry-cli deploys new --release my-app@1.0.0 -e production
"""
