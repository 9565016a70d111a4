"""Vercel: `deployment.*` (vercel.com/docs/webhooks/webhooks-api). A promotion or a rollback arrives anew."""

from collections.abc import Mapping

from events.releases.hooks.contract import InvalidNotice, Notice, State, loaded, moment, part, signed, text

TITLE = "Vercel"
WHERE = "Team → Settings → Webhooks: the deployment events; Vercel shows the secret once, when it is made."
BRINGS_SECRET = True

_STATES = {
    "deployment.created": State.IN_PROGRESS, "deployment.succeeded": State.SUCCESS, "deployment.ready": State.SUCCESS,
    "deployment.promoted": State.SUCCESS, "deployment.rollback": State.SUCCESS, "deployment.error": State.FAILURE,
    "deployment.canceled": State.CANCELED,
}  # fmt: skip


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    return signed(secret, "sha1", body, headers.get("x-vercel-signature", ""))


def read(headers: Mapping[str, str], body: bytes) -> Notice | None:
    told = loaded(body)
    kind, payload = text(told, "type"), part(told, "payload")
    if kind not in _STATES:
        return None
    number = text(payload, "deployment", "id", limit=60)
    if not number:
        raise InvalidNotice("It names no payload.deployment.id.")
    arrives_anew = kind in ("deployment.promoted", "deployment.rollback")
    target = "production" if arrives_anew else text(payload, "target", limit=64) or "preview"
    meta = part(payload, "deployment", "meta")
    url = text(payload, "deployment", "url", limit=1000)
    return Notice(
        external=f"vercel:{number}:{text(told, 'id', limit=50)}" if arrives_anew else f"vercel:{number}",
        state=_STATES[kind],
        environment=target,
        sha=text(meta, "githubCommitSha") or text(meta, "gitlabCommitSha") or text(meta, "bitbucketCommitSha"),
        ref=text(meta, "githubCommitRef") or text(meta, "gitlabCommitRef") or text(meta, "bitbucketCommitRef"),
        repository=text(payload, "deployment", "name") or text(payload, "project", "id"),
        release=text(meta, "release"),
        url=url if not url or url.startswith("http") else f"https://{url}",
        changed_at=moment(part(told, "createdAt")),
    )
