"""The edges of ingest: what Sentry's SDKs call."""

from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from events.accounts.keys import Key
from events.endpoints.admission import body
from events.endpoints.admission.authentication import Refused, key_of_address, key_of_any
from events.endpoints.base import IngestView
from events.endpoints.exchange import Answer
from events.protocols import sentry
from events.protocols.contract import Decoded
from events.values.errors import TooLarge

# The smallest GIF: what a page that sent its error by loading an image expects back.
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class FilesView(IngestView):
    """An endpoint whose bodies may bring files, which have a size of their own."""

    @classmethod
    def largest(cls) -> int:
        return settings.OBS_MAX_DECOMPRESSED_BYTES


class EnvelopeView(FilesView):
    """`POST /api/<project>/envelope/`: every current SDK; also the target of a tunnel, keyed by the envelope's DSN."""

    is_cut = False

    def body(self) -> bytes:
        """The envelope; only where it brings files may it be larger than other bodies, and go beyond all limits.

        What is beyond belongs to a file that is refused, and the event before it is kept.
        """
        sent, encoding = self.arrival.body(), self.environ.get("HTTP_CONTENT_ENCODING", "")
        data, self.is_cut = body.head(sent, encoding=encoding, cap=settings.OBS_MAX_DECOMPRESSED_BYTES)
        if (self.is_cut or len(sent) > settings.OBS_MAX_BODY_BYTES) and b'"attachment"' not in data:
            raise TooLarge(f"the body has more than {settings.OBS_MAX_BODY_BYTES} bytes, and no attachment")
        return data

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_envelope(data, context, is_cut=self.is_cut)

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        return sentry.dsn_of(data)


class TunnelView(EnvelopeView):
    """`POST /tunnel/`: the target of an SDK's `tunnel` option; the envelope's DSN says whose it is."""

    def agreed_key(self, data: bytes, project_id: int = 0) -> Key:
        dsn = self.dsn(data)
        if dsn is None:
            raise Refused("A tunnelled envelope names its DSN in its header.")
        return super().agreed_key(data, dsn.project_id)


class StoreView(IngestView):
    """`POST /api/<project>/store/`: legacy SDKs, one JSON event, also wrapped as they wrap it; an envelope as well.

    `GET ?sentry_data=` is the same from a page of old that could only load an image.
    """

    methods = ("GET", "POST", "OPTIONS")
    receives_by_get = True

    def finish(self) -> None:
        """A page that loaded an image is shown one, whatever became of its error."""
        if self.is_get and "image/" in self.environ.get("HTTP_ACCEPT", ""):
            self.answer = Answer(PIXEL, content_type="image/gif", headers=self.answer.headers)
        super().finish()

    def body(self) -> bytes:
        if self.is_get:
            data = _sentry_data(self.environ.get("QUERY_STRING", ""))
        else:
            data = super().body()
            if self.content_type.startswith("application/x-www-form-urlencoded") and b"sentry_data=" in data[:64]:
                data = _sentry_data(data.decode("utf-8", "replace"))
        return body.unwrapped(data, cap=settings.OBS_MAX_DECOMPRESSED_BYTES)

    def decode(self, data: bytes, context: Any) -> Decoded:
        if sentry.is_envelope(data, self.content_type):
            return sentry.decode_envelope(data, context)
        return sentry.decode_store(data, context)

    def dsn(self, data: bytes) -> sentry.Dsn | None:
        return sentry.dsn_of(data) if sentry.is_envelope(data, self.content_type) else None


class StoreByKeyView(StoreView):
    """`POST /api/store/`: the oldest address, which leaves the project to the key."""

    project_without_address = None

    def find_key(self) -> str | None:
        return key_of_any(self.environ)

    def agreed_key(self, data: bytes, project_id: int) -> Key:
        return super().agreed_key(data, self.key.project_id if self.key else project_id)


def _sentry_data(query: str) -> bytes:
    sent = parse_qs(query, max_num_fields=50).get("sentry_data", [""])[0]
    # Base64 that nobody quoted arrives with blanks for its plus signs.
    return (sent if sent.lstrip().startswith("{") else sent.replace(" ", "+")).encode("utf-8", "replace")


class CronView(IngestView):
    """`GET` or `POST /api/<project>/cron/<slug>/<key>/?status=`: a check-in by whatever can call an address."""

    methods = ("GET", "POST", "OPTIONS")
    receives_by_get = True

    def find_key(self) -> str | None:
        return key_of_address(self.environ, self.arrival.named.get("public_key", ""))

    def body(self) -> bytes:
        return b"" if self.is_get else super().body()

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        answer = super().accepted(decoded, key)
        answer.status = 202
        return answer

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_cron(data, self.arrival.named["slug"], self.query, context)


class AttachmentsView(FilesView):
    """`POST /api/<project>/events/<event>/attachments/`: files for an event that was sent before, as a form."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return sentry.decode_files(data, self.content_type, self.arrival.named["event_id"], context)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        answer = super().accepted(decoded, key)
        answer.status = 201
        return answer


class SecurityView(IngestView):
    """`POST /api/<project>/security/?sentry_key=`: CSP, NEL and Reporting API reports of browsers."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        query = self.query
        release, environment = query.get("sentry_release", ""), query.get("sentry_environment", "")
        return sentry.decode_security(data, self.content_type, context, release=release, environment=environment)
