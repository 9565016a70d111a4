"""What a page says when some values of a dimension count together."""

from datetime import datetime

from analytics.periods import Period
from analytics.questions.overview import kept_apart
from dashboard.frame.state import State
from events.models import Project

# Rollup and dimension -> what its values are called, and what is counted.
NOUNS = {
    ("requests", "route"): ("routes", "requests"),
    ("vitals", "route"): ("routes", "samples"),
    ("queries", "fingerprint"): ("statements", "runs"),
    ("logs", "service"): ("services", "lines"),
    ("metrics", "host"): ("hosts", "readings"),
}


def note(project: Project, rollup: str, dimension: str, *, state: State, now: datetime) -> str:
    """`200 routes are kept apart; 1,312 requests of further ones count as (other).`; empty when nothing was folded."""
    period = Period(state.start, state.end)
    found = kept_apart.kept_apart(project, rollup, dimension, period=period, now=now, environment=state.environment)
    if not found.folded:
        return ""
    values, rows = NOUNS[rollup, dimension]
    return f"{found.values:,} {values} are kept apart; {found.folded:,} {rows} of further ones count as (other)."
