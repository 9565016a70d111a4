"""The audit trail as files and in the API, for owners, as its page."""

from typing import Any

from dashboard.exports.lists import PERIOD, Asked, Listed, named, table
from dashboard.pages.audit import reading
from events.accounts import access


def _entries(asked: Asked) -> Any:
    wanted = reading.asked({**asked.parameters, "before": ""})
    return reading.entries(asked.project, wanted, start=asked.period.start, end=asked.period.end)


LISTS: dict[str, Listed] = {
    "audit": table(
        "Audit trail",
        _entries,
        named("at", "actor", "via", "action", "object_type", "object_id", "detail", "address"),
        pages=("audit",),
        takes=(*PERIOD, "actor", "action", "type", "object", "show"),
        role=access.OWNER,
    ),
}
