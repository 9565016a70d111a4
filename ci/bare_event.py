"""Send one error by the real sentry-sdk to the installation of an up.json, and wait for its issue: for bare.sh."""

import json
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import sentry_sdk

access = json.loads(Path(sys.argv[1]).read_text())
title = f"a machine that has nothing {time.time_ns()}"
sentry_sdk.init(dsn=access["dsn"])
sentry_sdk.capture_message(title)
sentry_sdk.flush(10)
query = urllib.parse.urlencode({"query": title})
request = urllib.request.Request(  # noqa: S310
    f"{access['url']}/api/v1/projects/demo/issues/?{query}", headers={"Authorization": f"Bearer {access['api_token']}"}
)
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        if title in answer.read().decode():
            sys.exit()
    time.sleep(0.2)
sys.exit(f"no issue {title!r} after 60 s")
