"""Consent of a project's people: what was said, said anew by a server, and the proof; for editors."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.privacy import consenting
from dashboard.api import forms
from dashboard.api.base import ApiView
from dashboard.api.paging import keyset, page_of
from dashboard.api.performance import Line
from events.accounts import access, tokens
from events.consent import ledger
from events.models import ConsentRecord
from events.persons import reading


class ConsentOut(serializers.ModelSerializer):
    subject = serializers.CharField(source="pseudonym", help_text="`u_` and 16 digits; empty after an erasure.")
    mac = serializers.SerializerMethodField(help_text="Of the chain, 64 hex digits.")

    class Meta:
        model = ConsentRecord
        fields = ("number", "at", "recorded_at", "subject", "purpose", "state", "version", "source", "mac")
        read_only_fields = fields

    def get_mac(self, one: ConsentRecord) -> str:
        return bytes(one.mac).hex()


class ConsentsQuery(forms.Cursor):
    distinct_id = Line(help_text="Exactly; or the pseudonym, `u_` and 16 digits.")


class StandingQuery(serializers.Serializer):
    distinct_id = serializers.CharField(max_length=consenting.LONGEST_ID)


class ConsentIn(serializers.Serializer):
    distinct_id = serializers.CharField(max_length=consenting.LONGEST_ID)
    state = serializers.ChoiceField(choices=ConsentRecord.State.choices)
    version = serializers.CharField(required=False, allow_blank=True, default="", max_length=ledger.LONGEST_VERSION)
    at = forms.Moment(required=False, help_text="When it was said, of an import; now by default.")
    erases = serializers.BooleanField(
        required=False,
        default=False,
        help_text="With withdrawn: erase what is kept of the person, which is for owners.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["erases"] and attrs["state"] != ledger.WITHDRAWN:
            raise serializers.ValidationError({"erases": "goes with withdrawn."})
        return attrs


_STANDING = inline_serializer(
    "ConsentStanding",
    {
        "state": serializers.CharField(help_text="given, withdrawn, or empty for who said nothing."),
        "version": serializers.CharField(),
        "at": serializers.DateTimeField(allow_null=True),
        "agrees": serializers.BooleanField(),
    },
)
_SAID = inline_serializer(
    "ConsentSaid",
    {
        "state": serializers.CharField(),
        "recorded": serializers.BooleanField(help_text="false where it says nothing new."),
        "erasure": serializers.UUIDField(allow_null=True, help_text="Names the receipt."),
    },
)
_PROOF = inline_serializer(
    "ConsentProof",
    {
        "is_whole": serializers.BooleanField(),
        "records": serializers.IntegerField(),
        "head": serializers.CharField(help_text="The last mac: note it elsewhere, and a cut tail shows."),
        "problems": serializers.ListField(child=serializers.CharField()),
    },
)


class Consents(ApiView):
    actions: ClassVar = {"GET": "consent.list", "POST": "consent.record"}
    scopes: ClassVar = {"POST": tokens.ADMIN}

    @extend_schema(
        operation_id="consents", parameters=[ConsentsQuery],
        responses={200: page_of(ConsentOut, "ConsentPage"), **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """The ledger of consent, newest first, 100 at a time; with `distinct_id`, what this id said."""
        project = self.open_project(slug, access.EDITOR)
        asked = self.parameters(ConsentsQuery)
        found = project.consents.order_by("-id")
        if asked["distinct_id"]:
            found = found.filter(visitor=reading.visitor_of(project, asked["distinct_id"]))
        rows, following = keyset(found, asked, "pk__lt")
        return Response({"results": ConsentOut(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="record_consent", request=ConsentIn, responses={200: _SAID, **forms.BAD, **forms.REFUSALS}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Records that somebody agrees or takes it back; needs the scope admin. The same again changes nothing."""
        project = self.open_project(slug, access.EDITOR)
        sent = forms.read(ConsentIn, request)
        if sent["erases"]:
            self.open_project(slug, access.OWNER)
        at, now = sent.get("at"), timezone.now()
        source = (ConsentRecord.Source.IMPORT if at else ConsentRecord.Source.API).value
        said = {"source": source, "version": sent["version"], "at": at, "now": now}
        if sent["state"] == ledger.GIVEN:
            outcome = consenting.give(project, sent["distinct_id"], **said)
        else:
            more = {"erases": sent["erases"], "actor": request.user}
            outcome = consenting.withdraw(project, sent["distinct_id"], **said, **more)
        erasure = outcome.erasure.uuid if outcome.erasure else None
        return Response({"state": outcome.state, "recorded": outcome.is_new, "erasure": erasure})


class ConsentStanding(ApiView):
    actions: ClassVar = {"GET": "consent.view"}

    @extend_schema(
        operation_id="consent_standing", parameters=[StandingQuery],
        responses={200: _STANDING, **forms.BAD, **forms.REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        """What an id said last, and so whether it counts as a person."""
        project = self.open_project(slug, access.EDITOR)
        one = consenting.state_of(project, self.parameters(StandingQuery)["distinct_id"])
        if one is None:
            return Response({"state": "", "version": "", "at": None, "agrees": False})
        agrees = one.state == ledger.GIVEN
        return Response({"state": one.state, "version": one.version, "at": one.at, "agrees": agrees})


class ConsentProof(ApiView):
    actions: ClassVar = {"GET": "consent.verify"}

    @extend_schema(operation_id="consent_proof", responses={200: _PROOF, **forms.REFUSALS})
    def get(self, request: Request, slug: str) -> Response:
        """Whether no record was altered, taken away or put in between, read from the beginning."""
        report = ledger.verify(self.open_project(slug, access.EDITOR))
        return Response(
            {
                "is_whole": report.is_whole,
                "records": report.records,
                "head": report.head,
                "problems": list(report.problems),
            }
        )
