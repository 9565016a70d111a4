"""People of a project that names them, the ids they are known by, and the groups (accounts) they belong to."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from events.models.project import Project


def pseudonym_of(visitor: int) -> str:
    """The id as senders' events carry it: `u_` and 16 hex digits."""
    return f"u_{visitor % 2**64:016x}"


class Person(models.Model):
    """One person, however many ids name them. `properties` are flat text, as the scrubber left them."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="persons")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    is_identified = models.BooleanField(default=False, help_text="Somebody logged in: merged into no other person.")
    merge_refused_at = models.DateTimeField(null=True, blank=True, help_text="When a merge was last refused.")

    class Meta:
        indexes = [
            # Used by the list of persons, newest first.
            models.Index(fields=["project", "-id"], name="person_newest"),
            # Used by the search for a property.
            GinIndex(fields=["properties"], opclasses=["jsonb_path_ops"], name="person_properties"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class PersonId(models.Model):
    """An id that names a person: `visitor` as facts have it; `name` as sent, where the project keeps ids of users."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="person_ids")
    visitor = models.BigIntegerField(help_text="The first 64 bits of the id's pseudonym, signed.")
    name = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="ids")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "visitor"], name="person_id_once")]

    def __str__(self) -> str:
        return self.name or self.pseudonym

    @property
    def pseudonym(self) -> str:
        """The id as senders' events carry it: `u_` and 16 hex digits."""
        return pseudonym_of(self.visitor)


class Group(models.Model):
    """A group of people that senders name: a company, a workspace."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="person_groups")
    type = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "type", "key"], name="person_group_once")]
        indexes = [
            # Used by the list of groups, newest first.
            models.Index(fields=["project", "-id"], name="person_group_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"
