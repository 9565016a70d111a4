"""GitHub: the events `deployment` and `deployment_status`, as JSON or as a form.

docs.github.com/webhooks/webhook-events-and-payloads; the signature: …/validating-webhook-deliveries.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs

from events.releases.hooks.contract import InvalidNotice, Notice, State, loaded, moment, part, signed, text

TITLE = "GitHub"
WHERE = "Repository → Settings → Webhooks → Add webhook: events “Deployments” and “Deployment statuses”."
BRINGS_SECRET = False

_STATES = {
    "waiting": State.QUEUED, "queued": State.QUEUED, "pending": State.QUEUED, "in_progress": State.IN_PROGRESS,
    "success": State.SUCCESS, "failure": State.FAILURE, "error": State.FAILURE, "inactive": State.SUPERSEDED,
}  # fmt: skip


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    kind, _, given = headers.get("x-hub-signature-256", "").partition("=")
    return kind == "sha256" and signed(secret, "sha256", body, given)


def read(headers: Mapping[str, str], body: bytes) -> Notice | None:
    event = headers.get("x-github-event", "")
    if event not in ("deployment", "deployment_status"):
        return None
    told = loaded(_payload(headers, body))
    deployment, status = part(told, "deployment"), part(told, "deployment_status")
    number, environment = text(deployment, "id", limit=40), text(deployment, "environment", limit=64)
    if not number or not environment:
        raise InvalidNotice("It names no deployment.id and deployment.environment.")
    state = _STATES.get(text(status, "state"), State.QUEUED) if event == "deployment_status" else State.QUEUED
    changed = part(status, "updated_at") or part(status, "created_at") or part(deployment, "created_at")
    urls = [text(status, name, limit=2000) for name in ("environment_url", "log_url", "target_url")]
    return Notice(
        external=f"github:{number}",
        state=state,
        environment=environment,
        sha=text(deployment, "sha"),
        ref=text(deployment, "ref"),
        repository=text(told, "repository", "full_name"),
        release=text(deployment, "payload", "release") or text(deployment, "payload", "version"),
        url=next((url for url in urls if url), ""),
        changed_at=moment(changed),
    )


def _payload(headers: Mapping[str, str], body: bytes) -> bytes:
    """The JSON text, which GitHub also sends as a field of a form."""
    if "form-urlencoded" not in headers.get("content-type", ""):
        return body
    try:
        return parse_qs(body.decode(), max_num_fields=10).get("payload", [""])[0].encode()
    except ValueError as error:
        raise InvalidNotice("It is no form with a payload.") from error
