"""One genuine envelope posted to a running server, as an SDK would."""

import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.samples import sample_error
from events.demo import speed, traffic
from events.demo.traffic import Moment

ROUTE = "GET /basket"


def _error(dice: random.Random, moment: Moment) -> bytes:
    event = sample_error.event(now=moment.at)
    return traffic.envelope(str(event["event_id"]), ({"type": "event"}, event))


KINDS: dict[str, Callable[[random.Random, Moment], bytes]] = {
    "error": _error,
    "transaction": lambda dice, moment: speed.request(dice, moment, ROUTE),
    "session": traffic.visit,
    "sessions": lambda dice, moment: traffic.sessions(dice, moment, 20),
    "log": lambda dice, moment: traffic.logs(dice, moment, 5),
    "metric": lambda dice, moment: traffic.metrics(dice, moment, 1.0),
    "check_in": lambda dice, moment: traffic.check_in(dice, moment, "sample", "0 * * * *"),
    "feedback": lambda dice, moment: traffic.feedback(dice, moment, traffic.new_id(dice)),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    text: str


def post(dsn: str, *, kind: str, now: datetime) -> Answer:
    """The answer to one envelope of a kind (a key of KINDS). Raises ValueError on a bad DSN, OSError."""
    parts = urlsplit(dsn)
    path, _, project_id = parts.path.rpartition("/")
    if parts.scheme not in ("http", "https") or not (parts.hostname and parts.username and project_id.isdecimal()):
        raise ValueError("A DSN looks like https://<key>@<host>/<project id>.")
    host = parts.netloc.rpartition("@")[2]
    moment = Moment(now, f"sample@{now:%Y.%m.%d}", "test")
    request = urllib.request.Request(  # noqa: S310  # the scheme was looked at above
        f"{parts.scheme}://{host}{path}/api/{project_id}/envelope/",
        data=KINDS[kind](random.SystemRandom(), moment),
        headers={
            "Content-Type": "application/x-sentry-envelope",
            "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=obs-sample/1, sentry_key={parts.username}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return Answer(answer.status, answer.read(65_536).decode("utf-8", "replace"))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.read(65_536).decode("utf-8", "replace"))


def dsn_of_up(folder: Path) -> str:
    """The DSN that `manage.py up` noted in its folder; "" where there is none."""
    try:
        return str(json.loads((folder / "up.json").read_text())["dsn"])
    except (OSError, ValueError, KeyError):
        return ""
