"""How whoever asks reads: what they chose in this browser, else for their account, else what the browser says."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from analytics.periods import FIRST_DAYS
from dashboard.models import AccountSettings
from dashboard.reading import weeks, zones
from dashboard.reading.zones import Zone


@dataclass
class Reader:
    """`user` may be nobody. The account is looked up at most once, and only for what shows a time or a week."""

    user: Any
    cookie: str
    languages: str

    @cached_property
    def chosen(self) -> AccountSettings:
        """What was chosen for the account; all empty for nobody."""
        if not self.user.is_authenticated:
            return AccountSettings()
        return AccountSettings.objects.filter(user_id=self.user.pk).first() or AccountSettings(user_id=self.user.pk)

    @cached_property
    def zone(self) -> Zone:
        browser = zones.parse(self.cookie)
        if browser.is_chosen or self.chosen.zone not in zones.names():
            return browser
        return Zone(self.chosen.zone)

    @cached_property
    def week_start(self) -> int:
        chosen = FIRST_DAYS.get(self.chosen.week_start)
        return weeks.of_languages(self.languages[:200]) if chosen is None else chosen


def note(request: HttpRequest, chosen: AccountSettings) -> None:
    """What the account chose was read along with something else: it need not be looked up, where it was not yet."""
    found = getattr(request, "reader", None)
    if found is not None:
        vars(found).setdefault("chosen", chosen)
