"""The edges of posthog-js: enough for an unmodified SDK to start, and for its web vitals to arrive."""

import json
from dataclasses import replace
from typing import Any, ClassVar

from events.accounts.keys import Key
from events.endpoints.admission.authentication import Refused as RefusedKey
from events.endpoints.admission.authentication import plain_key
from events.endpoints.browser_settings import objects
from events.endpoints.exchange import Answer
from events.endpoints.performance import MirroringView
from events.endpoints.product import opting_in
from events.protocols import posthog_vitals
from events.protocols.contract import Decoded, Refused
from events.protocols.fields.texts import scalar
from events.protocols.product import canonical, posthog
from events.values import lenient
from events.values.errors import Malformed

METRICS = ["LCP", "INP", "CLS", "FCP"]
UNAVAILABLE = 503


class PosthogView(MirroringView):
    """What posthog-js expects of any answer: its origin mirrored, credentials allowed, errors that it understands."""

    methods: ClassVar[tuple[str, ...]] = ("GET", "POST", "OPTIONS")

    def key_in(self, data: bytes) -> str | None:
        try:
            self.batch = posthog_vitals.read(data)
        except Malformed as error:
            if error.reason == posthog_vitals.SEVERAL_KEYS:
                raise RefusedKey(error.detail) from None
            raise
        return self.batch.token

    def problem(self, status: int, detail: str) -> Answer:
        # 401 is what its SDKs take for a wrong key, and a browser never tries again after a 429.
        return super().problem({403: 401, 429: UNAVAILABLE}.get(status, status), detail)

    def preflight(self) -> Answer:
        answer = super().preflight()
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        return answer


class CaptureView(PosthogView):
    """`/e/`, `/i/v0/e/`, `/batch/` and their older names: events, by POST or as `?data=` by GET."""

    receives_by_get = True

    def body(self) -> bytes:
        if self.environ["REQUEST_METHOD"] == "POST":
            return super().body()
        return posthog_vitals.of_query(self.environ.get("QUERY_STRING", ""))

    def decode(self, data: bytes, context: Any) -> Decoded:
        if objects(self.environ):
            count = max(len(self.batch.events), 1)
            return Decoded(refused=(Refused(canonical.KIND, "filtered", "visitor_objects", count),))
        if self.key is not None:
            opting_in.hear(self.batch.events, self.key, now=self.arrival.now)
        return posthog.decode(self.batch, context, needs_id=True)

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        """One bad event does not lose the others; where there is nothing else, its sender hears of it."""
        if not decoded.items and any(refused.outcome == "invalid" for refused in decoded.refused):
            return self.problem(
                400, "No event of this request can be read: each needs an `event`, its name, and a `distinct_id`."
            )
        left_out = sum(refused.quantity for refused in decoded.refused if refused.reason == posthog.TOO_OLD)
        return _json({"status": "Ok"} | ({"left_out": _left_out(left_out, key)} if left_out else {}))


class CaptureV1View(CaptureView):
    """`/i/v1/analytics/events`: the key stands in the header, and the answer names each event."""

    receives_by_get = False
    methods = ("POST", "OPTIONS")

    def key_in(self, data: bytes) -> str | None:
        """The moment of sending stands in a header, that of the first try in the body."""
        token = super().key_in(data)
        sent_at = self.environ.get("HTTP_POSTHOG_REQUEST_TIMESTAMP")
        self.batch = replace(self.batch, sent_at=sent_at or self.batch.sent_at)
        return token

    def accepted(self, decoded: Decoded, key: Key) -> Answer:
        named = {scalar(event.get("uuid"), 200): event for event in self.batch.events}
        results = {
            own: {"result": "ok"} if scalar(event.get("event"), 200) and posthog.distinct_id(event)
            else {"result": "drop", "details": "an event needs a name and a distinct_id"}
            for own, event in named.items() if own
        }  # fmt: skip
        for refused in decoded.refused:
            if refused.reason == posthog.TOO_OLD and refused.index is not None:
                own = scalar(self.batch.events[refused.index].get("uuid"), 200)
                results[own] = {"result": "drop", "details": _left_out(1, key)}
        return _json({"results": results})


class ConfigView(PosthogView):
    """`GET /array/<token>/config` and `config.js`: web vitals on, everything else off."""

    methods = ("GET", "OPTIONS")
    is_script = False

    def get(self) -> Answer:
        config = self.config(self.admit(None, plain_key(self.arrival.named["token"])))
        if not self.is_script:
            return _json(config)
        text = json.dumps({"config": config, "siteApps": []})
        script = (
            "(function(w){w._POSTHOG_REMOTE_CONFIG=w._POSTHOG_REMOTE_CONFIG||{};"
            f'w._POSTHOG_REMOTE_CONFIG["{config["token"]}"]={text}}})(window);'
        )
        return Answer(script.encode(), content_type="text/javascript; charset=utf-8")

    def config(self, key: Key) -> dict[str, Any]:
        """What is sent; who knows of flags adds them."""
        return config_of(key.public_key)


class EmptyListView(PosthogView):
    """`GET /api/surveys/` and its like: nothing of the kind is kept here."""

    methods = ("GET", "OPTIONS")
    names: tuple[str, ...] = ()

    def get(self) -> Answer:
        return _json({name: [] for name in self.names})


def config_of(token: str) -> dict[str, Any]:
    """The remote configuration that posthog-js reads. Of `surveys` even a false one makes it load their script."""
    return {
        "token": token,
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "capturePerformance": {"web_vitals": True, "network_timing": False, "web_vitals_allowed_metrics": METRICS},
        "autocapture_opt_out": True,
        "autocaptureExceptions": False,
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": True,
        "sessionRecording": False,
        "heatmaps": False,
        "captureDeadClicks": False,
        "siteApps": [],
        "isAuthenticated": False,
        "toolbarParams": {},
        "defaultIdentifiedOnly": True,
        "productTours": False,
        "conversations": False,
    }


def _left_out(count: int, key: Key) -> str:
    """What an import that is partly too old is told; SDKs read the status alone."""
    events = f"{count} events are" if count > 1 else "1 event is"
    return f"{events} older than the {key.days_kept} days that this project keeps, and left out."


def _json(answer: dict[str, Any]) -> Answer:
    return Answer(lenient.canonical(answer))
