"""Persons and groups: found, looked at and deleted as on their pages; all of it needs the role editor."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.questions.persons import timeline
from dashboard.api import forms, shapes
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from dashboard.api.performance import REFUSALS, Line, PeriodQuery, QuestionView
from events.accounts import access, tokens
from events.models import Group, Person, Project
from events.persons import reading, removing

TIMELINE = shapes.of(timeline.Timeline)


class PersonOut(serializers.ModelSerializer):
    id = serializers.UUIDField(source="uuid")
    distinct_ids = serializers.ListField(
        child=serializers.CharField(), source="some_ids", help_text="The first 100: as sent where they are kept."
    )
    properties = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Person
        fields = ("id", "distinct_ids", "properties", "created_at", "is_identified", "merge_refused_at")
        read_only_fields = fields


class GroupOut(serializers.ModelSerializer):
    properties = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Group
        fields = ("id", "type", "key", "properties", "created_at")
        read_only_fields = fields


class PersonsQuery(forms.Cursor):
    distinct_id = Line(help_text="Exactly; or the pseudonym, `u_` and 16 digits.")
    property = Line(max_length=300, help_text="`plan=team`, or `plan` with any value.")


class GroupsQuery(forms.Cursor):
    type = Line(max_length=60)
    property = Line(max_length=300, help_text="`plan=team`, or `plan` with any value.")


class TimelineQuery(PeriodQuery):
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=timeline.FARTHEST_PAGE)


class Persons(ApiView):
    actions: ClassVar = {"GET": "person.list"}

    @extend_schema(
        operation_id="persons", parameters=[PersonsQuery],
        responses={200: page_of(PersonOut, "PersonPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The persons, newest first, 100 at a time; with `distinct_id`, the one it names."""
        project = self.open_project(slug, access.EDITOR)
        asked = self.parameters(PersonsQuery)
        found = reading.persons_where(project, asked["property"])
        if asked["distinct_id"]:
            found = found.filter(ids__visitor=reading.visitor_of(project, asked["distinct_id"]))
        rows, following = keyset(found, asked, "pk__lt")
        return Response({"results": PersonOut(rows, many=True).data, "next": following})


class PersonDetail(ApiView):
    actions: ClassVar = {"GET": "person.view", "DELETE": "person.delete"}
    scopes: ClassVar = {"DELETE": tokens.ADMIN}

    @extend_schema(operation_id="person", responses={200: PersonOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, person_id: Any) -> Response:
        """One person."""
        return Response(PersonOut(_person(self.open_project(slug, access.EDITOR), person_id)).data)

    @extend_schema(operation_id="delete_person", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, person_id: Any) -> Response:
        """Deletes the person with properties and ids; needs the scope admin. Facts keep their pseudonyms."""
        person = _person(self.open_project(slug, access.EDITOR), person_id)
        removing.delete_person(person, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PersonTimeline(QuestionView):
    actions: ClassVar = {"GET": "person.timeline"}

    @extend_schema(operation_id="person_timeline", parameters=[TimelineQuery], responses={200: TIMELINE, **REFUSALS})
    def get(self, request: Request, slug: str, person_id: Any) -> Response:
        """What happened to a person under all ids, newest first."""
        project = self.open_project(slug, access.EDITOR)
        visitors = reading.visitors_of(_person(project, person_id))
        found = timeline.of_visitors(project, visitors, **self.parameters(TimelineQuery))
        return Response(TIMELINE(found).data)


class Groups(ApiView):
    actions: ClassVar = {"GET": "group.list"}

    @extend_schema(
        operation_id="groups", parameters=[GroupsQuery],
        responses={200: page_of(GroupOut, "GroupPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The groups that persons belong to, newest first, 100 at a time."""
        project = self.open_project(slug, access.EDITOR)
        asked = self.parameters(GroupsQuery)
        found = reading.groups_where(project, asked["property"], kind=asked["type"])
        rows, following = keyset(found, asked, "pk__lt")
        return Response({"results": GroupOut(rows, many=True).data, "next": following})


class GroupDetail(ApiView):
    actions: ClassVar = {"GET": "group.view", "DELETE": "group.delete"}
    scopes: ClassVar = {"DELETE": tokens.ADMIN}

    @extend_schema(operation_id="group", responses={200: GroupOut, **forms.REFUSALS})
    def get(self, request: Request, slug: str, group_id: int) -> Response:
        """One group."""
        return Response(GroupOut(_group(self.open_project(slug, access.EDITOR), group_id)).data)

    @extend_schema(operation_id="delete_group", responses={**forms.GONE, **forms.REFUSALS})
    def delete(self, request: Request, slug: str, group_id: int) -> Response:
        """Deletes the group with its properties; needs the scope admin."""
        group = _group(self.open_project(slug, access.EDITOR), group_id)
        removing.delete_group(group, actor=request.user, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupTimeline(QuestionView):
    actions: ClassVar = {"GET": "group.timeline"}

    @extend_schema(operation_id="group_timeline", parameters=[TimelineQuery], responses={200: TIMELINE, **REFUSALS})
    def get(self, request: Request, slug: str, group_id: int) -> Response:
        """The events that say they belong to a group, newest first."""
        project = self.open_project(slug, access.EDITOR)
        group = _group(project, group_id)
        found = timeline.of_group(project, group.type, group.key, **self.parameters(TimelineQuery))
        return Response(TIMELINE(found).data)


def _person(project: Project, person_id: Any) -> Person:
    return get_object_or_404(reading.persons_where(project, "").select_related("project"), uuid=person_id)


def _group(project: Project, group_id: int) -> Group:
    return get_object_or_404(project.person_groups.select_related("project"), pk=group_id)
