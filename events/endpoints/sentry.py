"""The edges of ingest: what Sentry's SDKs call."""

from typing import Any

from rest_framework.request import Request

from events.accounts.keys import Key
from events.endpoints.admission.authentication import Refused
from events.endpoints.base import IngestView
from events.protocols import sentry
from events.protocols.contract import Decoded


class EnvelopeView(IngestView):
    """`POST /api/<project>/envelope/`: every current SDK; also the target of a tunnel, keyed by the envelope's DSN."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_envelope(data, context)

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        return sentry.dsn_of(data)


class TunnelView(EnvelopeView):
    """`POST /tunnel/`: the target of an SDK's `tunnel` option; the envelope's DSN says whose it is."""

    def agreed_key(self, request: Request, data: bytes, project_id: int = 0) -> Key:
        dsn = self.dsn(data)
        if dsn is None:
            raise Refused("A tunnelled envelope names its DSN in its header.")
        return super().agreed_key(request, data, dsn.project_id)


class StoreView(IngestView):
    """`POST /api/<project>/store/`: legacy SDKs, one JSON event."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_store(data, context)


class SecurityView(IngestView):
    """`POST /api/<project>/security/?sentry_key=`: CSP, NEL and Reporting API reports of browsers."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        query = self.request.query_params
        release, environment = query.get("sentry_release", ""), query.get("sentry_environment", "")
        return sentry.decode_security(data, self.content_type, context, release=release, environment=environment)
