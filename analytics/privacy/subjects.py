"""Who somebody is to this server: every id that their rows may carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from events.models import PersonId, Project
from events.models.person import pseudonym_of
from events.persons import reading
from events.values import pseudonyms


@dataclass(frozen=True, slots=True)
class Subject:
    """`visitors` are what facts carry; `names` the ids as sent: those that somebody says, or that the project keeps."""

    visitors: tuple[int, ...]
    names: tuple[str, ...] = ()

    @property
    def pseudonyms(self) -> tuple[str, ...]:
        """The ids as scrubbed payloads carry them: `u_` and 16 hex digits."""
        return tuple(map(pseudonym_of, self.visitors))

    def of_flags(self, project: Project) -> tuple[str, ...]:
        """The ids as overrides and remembered places of flags carry them."""
        return tuple(pseudonyms.of(bytes(project.pepper), "flag", name) for name in self.names)


def subject_of(project: Project, distinct_ids: Iterable[str]) -> Subject:
    """The person of these ids, with all ids that were merged into them; an id may be a pseudonym as pages show it."""
    given = {one.strip() for one in distinct_ids if one.strip()}
    visitors = {reading.visitor_of(project, one) for one in given}
    own = project.person_ids.filter(visitor__in=visitors).values("person_id")
    known = PersonId.objects.filter(project=project, person_id__in=own).values_list("visitor", "name")
    rows = list(known)
    names = {one for one in given if not one.startswith("u_")} | {name for _, name in rows if name}
    return Subject(tuple(sorted(visitors | {visitor for visitor, _ in rows})), tuple(sorted(names)))
