"""The edge of Matomo's tracking HTTP API: a picture, an empty answer, or what came of a list."""

import base64
from typing import ClassVar

from django.db import DatabaseError, InterfaceError

from events.accounts import tokens
from events.accounts.keys import Key
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.endpoints.product.trackers import SiteView, key_of_site
from events.ingest.intake import Unavailable
from events.protocols.contract import Context, Decoded
from events.protocols.contract import Refused as RefusedItem
from events.protocols.product import canonical, matomo
from events.protocols.product.matomo import Parcel
from events.values import lenient

# One transparent pixel, the smallest that browsers draw.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class MatomoView(SiteView):
    """`/matomo.php`, `/piwik.php`: a hit in the address or in a form, or many as JSON."""

    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "OPTIONS")
    receives_by_get = True
    parcel: Parcel | None = None
    own: frozenset[str] = frozenset()

    def body(self) -> bytes:
        return b"" if self.is_get else super().body()

    def key_in(self, data: bytes) -> str | None:
        """The key of the first site that is known; other hits of the request are taken where theirs is the same."""
        parcel = self.parcel = matomo.parse(self.environ.get("QUERY_STRING", ""), data)
        found = {site: key_of_site(site, now=self.arrival.now) for site in matomo.sites(parcel)}
        first = next(filter(None, found.values()), None)
        self.own = frozenset(site for site, key in found.items() if key == first)
        return first

    def decode(self, data: bytes, context: Context) -> Decoded:
        if objects(self.environ):
            count = len(self.hits)
            return Decoded(refused=(RefusedItem(canonical.KIND, "filtered", "visitor_objects", count),))
        return self.events(context)

    def events(self, context: Context) -> Decoded:
        assert self.parcel is not None
        return matomo.decode(self.parcel, context, own=self.own, is_trusted=self._is_trusted(context.project_id))

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        """What is left out on purpose counts as tracked, as it does there."""
        invalid = sum(refused.quantity for refused in decoded.refused if refused.outcome == "invalid")
        if self.parcel is not None and not self.parcel.is_bulk and invalid:
            return self.problem(400, f"The hit cannot be kept: {decoded.refused[0].reason}.")
        return self._done(invalid=invalid)

    def problem(self, status: int, detail: str) -> Answer:
        """A site that nobody knows is answered as one that is: the tracker of a page has nobody to tell."""
        if status == 403 and self.parcel is not None:
            return self._done(invalid=len(self.hits))
        return Answer(lenient.canonical({"status": "error", "message": detail}), status)

    def preflight(self) -> Answer:
        answer = super().preflight()
        answer.headers["Access-Control-Allow-Methods"] = ", ".join(self.methods)
        return answer

    @property
    def hits(self) -> tuple[matomo.Hit | None, ...]:
        return self.parcel.hits if self.parcel is not None else ()

    def _done(self, *, invalid: int) -> Answer:
        if self.parcel is not None and self.parcel.is_bulk:
            told = {"status": "success", "tracked": len(self.hits) - invalid, "invalid": invalid}
            return Answer(lenient.canonical(told))
        if self.hits and (hit := self.hits[0]) and hit.get("send_image") == "0":
            return Answer(b"", 204, "text/plain; charset=utf-8")
        return Answer(PIXEL, 200, "image/gif", {"Cache-Control": "no-store"})

    def _is_trusted(self, project_id: int) -> bool:
        """Whether the token may speak for other browsers. Raises Unavailable while nobody can tell."""
        secret = self.parcel.token if self.parcel is not None else ""
        try:
            return bool(secret) and tokens.may_tell(secret, project_id=project_id, now=self.arrival.now)
        except (DatabaseError, InterfaceError) as error:
            raise Unavailable from error
