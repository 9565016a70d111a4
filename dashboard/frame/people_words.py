"""What numbers of people are numbers of: said on every page, chart and list that has some. Pure."""

from analytics.privacy import readers, small_groups
from dashboard.frame.state import State
from events.models import Project
from events.values.modes import ANONYMOUS, CONSENT

_DAILY = {
    ANONYMOUS: "Visitors are anonymous: people are daily unique visitors (UTC), and somebody who is there on several "
    "days counts on each of them.",
    CONSENT: "Who agreed is one person; everybody else is a daily unique visitor (UTC), and somebody who is there on "
    "several days counts on each of them.",
}


def visitors(project: Project) -> str:
    """The head of a column that counts them. Those of several days are no unique visitors of a week or a month."""
    return "Daily unique visitors" if project.analytics == ANONYMOUS else "Visitors"


def notes(project: Project, state: State) -> tuple[str, ...]:
    """What whoever looks has to know of the numbers of people."""
    daily = (_DAILY[project.analytics],) if project.analytics in _DAILY else ()
    least = readers.least(project, sees_persons=state.sees_persons)
    return (*daily, small_groups.in_words(least)) if least else daily
