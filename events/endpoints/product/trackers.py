"""The edges of Plausible's and Umami's trackers, which name a site where other senders name a key."""

from datetime import datetime
from typing import ClassVar

from django.db import DatabaseError, InterfaceError

from events.accounts import keys, sites
from events.accounts.keys import Key
from events.endpoints.admission import authentication
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.endpoints.performance import MirroringView
from events.ingest.intake import Unavailable
from events.protocols.contract import Context, Decoded
from events.protocols.contract import Refused as RefusedItem
from events.protocols.fields.texts import hexadecimal
from events.protocols.product import canonical, plausible, umami
from events.values import lenient
from events.values.errors import Malformed


class SiteView(MirroringView):
    """An endpoint whose body names a site: a key of the project, or a name that stands for one."""

    methods: ClassVar[tuple[str, ...]] = ("POST", "OPTIONS")

    def find_key(self) -> str | None:
        # Not from Authorization: a client of Umami sends `Bearer None`, which says nothing.
        return authentication.key_of_address(self.environ, self.environ.get("HTTP_X_OBS_KEY", ""))

    def decode(self, data: bytes, context: Context) -> Decoded:
        if objects(self.environ):
            return Decoded(refused=(RefusedItem(canonical.KIND, "filtered", "visitor_objects"),))
        return self.events(context)

    def events(self, context: Context) -> Decoded:
        """What the body holds, which `key_in` has parsed."""
        raise Malformed("nothing is taken at this address")


class PlausibleView(SiteView):
    """`POST /api/event`: text/plain from pages, JSON from servers."""

    def key_in(self, data: bytes) -> str | None:
        self.sent = plausible.parse(data)
        found = (key_of_site(site, now=self.arrival.now) for site in plausible.sites(self.sent))
        return next(filter(None, found), None)

    def events(self, context: Context) -> Decoded:
        return plausible.decode(self.sent, context)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        return Answer(b"ok", 202, "text/plain; charset=utf-8")

    def problem(self, status: int, detail: str) -> Answer:
        """A site that nobody knows is answered as Plausible answers it: the event is dropped, and a header says so."""
        if status == 403:
            return Answer(b"ok", 202, "text/plain; charset=utf-8", {"X-Plausible-Dropped": "1"})
        return Answer(lenient.canonical({"errors": {"request": [detail]}}), status)

    def cross_origin(self) -> dict[str, str]:
        headers = super().cross_origin()
        return headers | {
            "Access-Control-Expose-Headers": f"{headers['Access-Control-Expose-Headers']}, X-Plausible-Dropped"
        }


class UmamiView(SiteView):
    """`POST /api/send`: JSON from pages and servers."""

    def key_in(self, data: bytes) -> str | None:
        self.sent = umami.parse(data)
        return key_of_site(umami.site(self.sent), now=self.arrival.now)

    def events(self, context: Context) -> Decoded:
        return umami.decode(self.sent, context)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        """The tracker sends `cache` back with its next event; nothing is remembered of a visitor here."""
        return Answer(lenient.canonical({"cache": "", "sessionId": "", "visitId": ""}))

    def problem(self, status: int, detail: str) -> Answer:
        answer = {"error": {"message": detail, "code": "bad-request", "status": status}}
        return Answer(lenient.canonical(answer), 401 if status == 403 else status)


def key_of_site(site: str, *, now: datetime) -> str | None:
    """The key that a site is named by, as 32 digits or as a UUID, or that of the project which has the name.

    Raises Unavailable while nobody can tell.
    """
    digits = hexadecimal(site, 32)
    try:
        if digits and keys.find(None, digits) is not None:
            return digits
        return sites.key_of(site, now=now)
    except (DatabaseError, InterfaceError) as error:
        raise Unavailable from error
