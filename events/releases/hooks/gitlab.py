"""GitLab: the Deployment Hook, which carries its secret in clear.

docs.gitlab.com/user/project/integrations/webhook_events
"""

import hmac
from collections.abc import Mapping

from events.releases.hooks.contract import InvalidNotice, Notice, State, loaded, moment, part, text

TITLE = "GitLab"
WHERE = "Project → Settings → Webhooks: trigger “Deployment events”."
BRINGS_SECRET = False

_STATES = {
    "created": State.QUEUED, "blocked": State.QUEUED, "running": State.IN_PROGRESS, "success": State.SUCCESS,
    "failed": State.FAILURE, "canceled": State.CANCELED, "skipped": State.CANCELED,
}  # fmt: skip


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    return hmac.compare_digest(headers.get("x-gitlab-token", "").encode(), secret.encode())


def read(headers: Mapping[str, str], body: bytes) -> Notice | None:
    if headers.get("x-gitlab-event", "") != "Deployment Hook":
        return None
    told = loaded(body)
    number, environment = text(told, "deployment_id", limit=40), text(told, "environment", limit=64)
    state = _STATES.get(text(told, "status"))
    if not number or not environment or state is None:
        raise InvalidNotice("It names no deployment_id, environment and status.")
    commit_url = text(told, "commit_url", limit=2000)
    sha = commit_url.rpartition("/commit/")[2]
    return Notice(
        external=f"gitlab:{number}",
        state=state,
        environment=environment,
        sha=sha if len(sha) == 40 else text(told, "short_sha"),
        ref=text(told, "ref"),
        repository=text(told, "project", "path_with_namespace"),
        url=text(told, "deployable_url", limit=2000),
        changed_at=moment(part(told, "status_changed_at")),
    )
