"""Deploys, versions of grouping rules and links that were shared, as files and in the API. No secret is a column."""

from dashboard.exports.lists import Listed, named, table
from events.accounts import access
from events.models import GroupingRules
from events.releases import deploys

LISTS: dict[str, Listed] = {
    "deploys": table(
        "Deploys", lambda asked: deploys.list_of(asked.project),
        named("environment", "name", "state", "url", "started_at", "finished_at", release="release__version"),
        pages=("deploys",),
    ),
    "deploy-hooks": table(
        "Deploy hooks", lambda asked: asked.project.deploy_hooks.all(),
        named("source", "repository", "version", "created_at", "last_at", "last_words"), pages=("deploys",),
        role=access.OWNER,
    ),
    "grouping-rules": table(
        "Versions of the grouping rules", lambda asked: GroupingRules.objects.filter(project=asked.project),
        named("version", "fingerprints", "stacks", "made_at", made_by="made_by__username"), pages=("grouping",),
    ),
    "share-links": table(
        "Share links", lambda asked: asked.project.share_links.all(),
        named("name", "created_at", "expires_at", "revoked_at", "looked_at", created_by="created_by__username"),
        pages=("share-list",), role=access.EDITOR,
    ),
    "members": table(
        "Members", lambda asked: asked.project.memberships.all(), named("role", user="user__username"),
        pages=("settings",), role=access.OWNER,
    ),
}  # fmt: skip
