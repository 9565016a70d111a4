"""The support bundle: what somebody who helps needs to see, as one archive, scrubbed as whatever else is kept."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections import deque
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder

from alerts.models import HouseTrouble
from dashboard.pages.system.reading import Reading
from events.models import DeadLetter
from events.scrubbing import scrub, scrub_text

LINES, LONGEST_LINE, MOST_LOGS = 300, 2000, 12
# Whose values tell a helper something and nobody anything; of all others the bundle says only whether they are set.
SHOWN = (
    "OBS_WEB_WORKERS", "OBS_WEB_THREADS", "OBS_WORKER_PROCESSES", "OBS_HEAD_SECONDS", "OBS_BODY_SECONDS",
    "OBS_MAX_BODIES_BYTES", "OBS_SPOOL_MAX_BYTES", "OBS_INBOX_MAX_AGE_SECONDS", "OBS_TRUSTED_PROXIES", "OBS_HTTPS",
    "OBS_INGEST_SILENCE_MINUTES", "OBS_MAILS_PER_HOUR", "OBS_REQUIRE_TOTP", "OBS_LOG_LEVEL", "DEBUG",
)  # fmt: skip


def archive(reading: Reading, *, now: datetime) -> bytes:
    """A ZIP with what the page shows, settings by name, packages, migrations, troubles and the ends of the logs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:

        def put(name: str, value: Any) -> None:
            bundle.writestr(name, json.dumps(scrub(_plain(value)), indent=1, sort_keys=True))

        put("reading.json", asdict(reading))
        put("settings.json", _settings())
        put("packages.json", dict(sorted((one.name, one.version) for one in distributions() if one.name)))
        put("migrations.json", [f"{one.app}.{one.name}" for one in MigrationRecorder.Migration.objects.order_by("id")])
        put("troubles.json", list(HouseTrouble.objects.values("name", "since", "words", "told_at")))
        # Their payloads stay here: what people sent is nobody else's.
        letters = DeadLetter.objects.order_by("-created_at").values("created_at", "kind", "attempts", "error")[:20]
        put("dead_letters.json", [{**one, "error": one["error"][-2000:]} for one in letters])
        for path in _logs():
            bundle.writestr(f"log/{path.name}", _end_of(path))
        bundle.writestr(
            "README.txt",
            f"Support bundle of FormaOS Observability {settings.OBS_VERSION}, made {now:%Y-%m-%d %H:%M:%S} UTC.\n"
            "Numbers, names of settings, packages and the ends of logs; secrets and personal data are scrubbed.\n"
            "Read it before you send it on.\n",
        )
    return out.getvalue()


def _settings() -> dict[str, Any]:
    shown = {name: getattr(settings, name) for name in SHOWN if hasattr(settings, name)}
    return {"values": shown, "set": sorted(name for name in os.environ if name.startswith("OBS_") and os.environ[name])}


def _logs() -> list[Path]:
    return sorted(Path(settings.OBS_VAR_DIR, "log").glob("*.log"))[:MOST_LOGS]


def _end_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            kept = deque(lines, maxlen=LINES)
    except OSError as error:
        return f"could not be read: {error.strerror}\n"
    return "".join(f"{scrub_text(line.rstrip()[:LONGEST_LINE])}\n" for line in kept)


def _plain(value: Any) -> Any:
    """As JSON has it; moments and lengths of time as text."""
    return json.loads(json.dumps(value, default=str))
