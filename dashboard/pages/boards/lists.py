"""The list of boards as a file and in the API."""

from django.db.models import Count

from dashboard.exports.lists import Listed, named, table

LISTS: dict[str, Listed] = {
    "boards": table(
        "Boards", lambda asked: asked.project.boards.annotate(charts=Count("cards")),
        named("name", "charts", "created_at", created_by="created_by__username"), pages=("board-list",),
    ),
}  # fmt: skip
