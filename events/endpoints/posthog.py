"""The edges of posthog-js: enough for an unmodified SDK to start, and for its web vitals to arrive."""

import json
import uuid
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from events.accounts.keys import Key
from events.endpoints.admission.authentication import plain_key
from events.endpoints.performance import BodyKeyView
from events.protocols import posthog_vitals
from events.protocols.contract import Decoded
from events.values import lenient

METRICS = ["LCP", "INP", "CLS", "FCP"]
UNAVAILABLE = 503


class PosthogView(BodyKeyView):
    """What posthog-js expects of any answer: its origin mirrored, credentials allowed, errors that it understands."""

    def post(self, request: Request, project_id: int = 0, **kwargs: Any) -> HttpResponse:
        return super().post(request, project_id)

    def key_in(self, data: bytes) -> str | None:
        self.batch = posthog_vitals.read(data)
        return self.batch.token

    def handle_exception(self, exc: Exception) -> Any:
        response = super().handle_exception(exc)
        if response.status_code == 403:
            response.status_code = 401  # what its SDKs take for a wrong key
        if response.status_code == 429:
            response.status_code = UNAVAILABLE  # a browser never tries again after a 429
        return response

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        environ = self.request._request.META
        origin = environ.get("HTTP_ORIGIN", "")
        if origin:
            final["Access-Control-Allow-Origin"] = origin
            final["Access-Control-Allow-Credentials"] = "true"
            final["Vary"] = "Origin"
        return final

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().options(request, *args, **kwargs)
        response["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        asked = request._request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
        if asked:
            response["Access-Control-Allow-Headers"] = asked[:500]
        return response


class CaptureView(PosthogView):
    """`/e/`, `/i/v0/e/`, `/batch/` and their older names: events, by POST or as `?data=` by GET."""

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        return self.post(request)

    def body_of(self, environ: dict[str, Any]) -> bytes:
        if environ["REQUEST_METHOD"] == "GET":
            return posthog_vitals.of_query(environ.get("QUERY_STRING", ""))
        return super().body_of(environ)

    def decode(self, data: bytes, context: Any) -> Decoded:
        return posthog_vitals.decode(self.batch, context)

    def accepted(self, decoded: Decoded, key: Key) -> HttpResponse:
        return _json({"status": "Ok"})


class FlagsView(PosthogView):
    """`/flags/` and `/decide/`: no flags, and the configuration where it is asked for."""

    def decode(self, data: bytes, context: Any) -> Decoded:
        return Decoded()

    def accepted(self, decoded: Decoded, key: Key) -> HttpResponse:
        flags = {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
            "requestId": str(uuid.uuid4()),
        }
        return _json({**config_of(key.public_key), **flags})


class ConfigView(PosthogView):
    """`GET /array/<token>/config` and `config.js`: web vitals on, everything else off."""

    http_method_names = ["get", "options"]
    is_script = False

    def get(self, request: Request, token: str) -> HttpResponse:
        config = config_of(self.admit(request, None, plain_key(token)).public_key)
        if not self.is_script:
            return _json(config)
        text = json.dumps({"config": config, "siteApps": []})
        script = (
            "(function(w){w._POSTHOG_REMOTE_CONFIG=w._POSTHOG_REMOTE_CONFIG||{};"
            f'w._POSTHOG_REMOTE_CONFIG["{config["token"]}"]={text}}})(window);'
        )
        return HttpResponse(script, content_type="text/javascript; charset=utf-8")


class EmptyListView(PosthogView):
    """`GET /api/surveys/` and its like: nothing of the kind is kept here."""

    http_method_names = ["get", "options"]
    names: tuple[str, ...] = ()

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
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


def _json(answer: dict[str, Any]) -> HttpResponse:
    return HttpResponse(lenient.canonical(answer), content_type="application/json")
