"""The edge where browsers say of consent: `POST /consent/`, a body that sendBeacon may send."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, InterfaceError

from analytics.flag_views import AnsweringView
from analytics.privacy import consenting
from events.accounts.keys import Key
from events.consent import ledger
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.ingest.intake import Unavailable
from events.models import ConsentRecord, Project
from events.protocols import posthog_vitals
from events.values import lenient
from events.values.errors import IngestError, Malformed
from events.values.modes import CONSENT

LONGEST = 4096
STATES = (ledger.GIVEN, ledger.WITHDRAWN)


class NotAsked(IngestError):
    """A project that asks nobody for consent takes none from pages."""

    status = 409
    reason = "not_asked"


class ConsentView(AnsweringView):
    """`{"api_key", "distinct_id", "state": "given" | "withdrawn", "version"}`; the same again changes nothing."""

    @classmethod
    def largest(cls) -> int:
        return LONGEST

    def key_in(self, data: bytes) -> str | None:
        self.sent = lenient.loads(data)
        if not isinstance(self.sent, dict):
            raise Malformed("The body is a JSON object.", reason="not_an_object")
        return posthog_vitals.token_of(self.sent)

    def answered(self, key: Key) -> Answer:
        """What is on record now; an objection of the browser's own goes before an agreement."""
        state, distinct_id, version = (self._text(name) for name in ("state", "distinct_id", "version"))
        if state not in STATES:
            raise Malformed('`state` is "given" or "withdrawn".', reason="state")
        if len(version) > ledger.LONGEST_VERSION:
            raise Malformed(f"`version` has at most {ledger.LONGEST_VERSION} characters.", reason="version")
        if key.analytics != CONSENT:
            raise NotAsked("This project does not ask for consent: Settings → Privacy → Visitors.")
        if state == ledger.GIVEN and objects(self.environ):
            return _json({"state": "", "recorded": False, "detail": "This browser says that it objects (GPC or DNT)."})
        try:
            project = Project.objects.get(pk=key.project_id)
            say = consenting.give if state == ledger.GIVEN else consenting.withdraw
            source = ConsentRecord.Source.PAGE.value
            outcome = say(project, distinct_id, source=source, version=version, now=self.arrival.now)
        except ValidationError as error:
            raise Malformed(" ".join(error.messages), reason="distinct_id") from error
        except (DatabaseError, InterfaceError, Project.DoesNotExist) as error:
            raise Unavailable from error
        return _json({"state": outcome.state, "recorded": outcome.is_new})

    def problem(self, status: int, detail: str) -> Answer:
        return _json({"detail": detail}, status)

    def _text(self, name: str) -> str:
        value: Any = self.sent.get(name)
        if value is not None and not isinstance(value, str | int):
            raise Malformed(f"`{name}` is text.", reason=name)
        return "" if value is None else str(value).strip()


def _json(content: dict[str, Any], status: int = 200) -> Answer:
    return Answer(lenient.canonical(content), status)
