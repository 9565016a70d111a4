"""The edges of Segment's HTTP tracking API, as its clients and those of RudderStack call it."""

import base64
import binascii
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings

from events.accounts.keys import Key
from events.endpoints.admission import authentication
from events.endpoints.admission.authentication import Refused, plain_key
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.endpoints.performance import MirroringView
from events.protocols.contract import Context, Decoded
from events.protocols.contract import Refused as RefusedItem
from events.protocols.product import canonical, segment
from events.protocols.sentry.auth import agreed
from events.values import lenient

# The words of refusals, by their statuses.
_CODES = {400: "invalid_request", 401: "invalid_write_key", 413: "too_large", 429: "rate_limited", 503: "unavailable"}


class SegmentView(MirroringView):
    """The key as the user of Basic authentication, in the query, or in the body; answers that all clients understand:
    exactly 200 for what came in, and a `code` in every refusal, without which old clients would try again.
    """

    def find_key(self) -> str | None:
        sent = [key for key in (key_of_basic(self.environ), self.query.get("writeKey")) if key]
        return agreed(authentication.key_of_any(self.environ), *map(plain_key, sent))

    def problem(self, status: int, detail: str) -> Answer:
        status = 401 if status == 403 else status
        answer = {"success": False, "code": _CODES.get(status, "refused"), "message": detail}
        return Answer(lenient.canonical(answer), status)


class TrackView(SegmentView):
    """`POST /v1/<type>`, `/v1/<letter>`, `/v1/batch`, `/v1/import`, `/beacon/v1/batch`: messages."""

    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")

    @property
    def last(self) -> str:
        return str(self.arrival.named.get("last", "batch"))

    def key_in(self, data: bytes) -> str | None:
        self.parcel = segment.parse(data, last=self.last)
        return self.parcel.key

    def decode(self, data: bytes, context: Context) -> Decoded:
        if objects(self.environ):
            count = max(len(self.parcel.messages), 1)
            return Decoded(refused=(RefusedItem(canonical.KIND, "filtered", "visitor_objects", count),))
        return segment.decode(self.parcel, context, is_import=self.last == "import")

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        """One bad message does not lose the others; where there is nothing else, its sender hears of it."""
        invalid = [refused.reason for refused in decoded.refused if refused.outcome == "invalid"]
        if not decoded.items and invalid:
            return self.problem(400, f"No message of this request can be kept: {', '.join(sorted(set(invalid)))}.")
        return Answer(lenient.canonical({"success": True}))


class OwnMetricsView(SegmentView):
    """`POST /v1/m`: what analytics.js counts of itself, which nobody asks for here."""

    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")

    def begin(self) -> None:
        self.answer = self.preflight() if self.environ["REQUEST_METHOD"] == "OPTIONS" else self.thanks()
        self.finish()

    def thanks(self) -> Answer:
        return Answer(lenient.canonical({"success": True}))


class SettingsView(SegmentView):
    """`GET /v1/projects/<key>/settings`: where analytics.js sends to, and that it loads nothing else."""

    methods: ClassVar[tuple[str, ...]] = ("GET", "OPTIONS")

    def get(self) -> Answer:
        key = self.admit(None, plain_key(self.arrival.named["named"]))
        here = urlsplit(settings.OBS_PUBLIC_URL)
        sender = {"apiKey": key.public_key, "apiHost": f"{here.netloc}/v1", "protocol": here.scheme}
        return Answer(
            lenient.canonical({"integrations": {"Segment.io": sender}, "plan": {}, "metrics": {"sampleRate": 0}})
        )


class SourceConfigView(SegmentView):
    """`GET /sourceConfig/`: what RudderStack's clients for pages ask for at their start."""

    methods: ClassVar[tuple[str, ...]] = ("GET", "OPTIONS")

    def get(self) -> Answer:
        if self.key is None:
            raise Refused("No write key: send it as the user of Basic authentication.")
        own = self.key.public_key
        source: dict[str, Any] = {"id": own, "name": "web", "writeKey": own, "enabled": True, "workspaceId": own}
        source |= {"config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}}}
        moment = self.arrival.now.isoformat()
        return Answer(
            lenient.canonical({"source": {**source, "destinations": [], "updatedAt": moment}, "updatedAt": moment})
        )


def key_of_basic(environ: Any) -> str | None:
    """The user of `Authorization: Basic …`. Raises Refused where it cannot be read."""
    scheme, _, sent = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(sent.strip(), validate=True).partition(b":")[0].decode("ascii")
    except (binascii.Error, ValueError):
        raise Refused("The Authorization header cannot be read.") from None
