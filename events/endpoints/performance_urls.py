"""Addresses of performance data: ours, OpenTelemetry's, Vercel's and posthog-js's."""

from django.urls import URLPattern, path, re_path

from events.endpoints import browser_scripts, posthog
from events.endpoints import performance as views
from events.protocols import otlp

_POSTHOG = ("e", "i/v0/e", "i/v0/ai/batch", "batch", "capture", "track", "engage", "s")
_LISTS = {
    "surveys": ("surveys",),
    "early_access_features": ("earlyAccessFeatures",),
    "web_experiments": ("experiments",),
    "product_tours": ("product_tours",),
}
# What posthog-js loads of itself, below `/static/` or `/static/<version>/`.
_SCRIPTS = {
    "array": browser_scripts.POSTHOG,
    "web-vitals(?:-soft-navs)?": "posthog-web-vitals",
    "web-vitals-with-attribution(?:-soft-navs)?": "posthog-web-vitals-with-attribution",
    "exception-autocapture": "posthog-exception-autocapture",
    "dead-clicks-autocapture": "posthog-dead-clicks-autocapture",
    "tracing-headers": "posthog-tracing-headers",
}

urlpatterns: list[URLPattern] = [
    path("api/v1/timings/", views.TimingsView.as_view(), name="timings"),
    path("api/v1/metrics/", views.MetricsView.as_view(), name="metrics-batch"),
    path("api/<int:project_id>/vitals/", views.VitalsView.as_view(), name="vitals"),
    *(
        path(f"{prefix}otlp/v1/{signal}{slash}", views.OtlpView.as_view(signal=signal), name=f"otlp-{signal}")
        for signal in otlp.SIGNALS
        for prefix in ("", "api/<int:project_id>/", "api/<int:project_id>/integration/")
        for slash in ("", "/")
    ),
    path("_vercel/insights/script.js", views.ScriptView.as_view(script="insights"), name="vercel-insights"),
    path("_vercel/speed-insights/script.js", views.ScriptView.as_view(script="speed-insights"), name="vercel-speed"),
    path("_vercel/speed-insights/vitals", views.VercelView.as_view(takes_vitals=True), name="vercel-vitals"),
    path("v1/vitals", views.VercelView.as_view(takes_vitals=True), name="vercel-vitals-older"),
    re_path(r"^_vercel/insights/(?:view|event|session)$", views.VercelView.as_view(), name="vercel-events"),
    *(re_path(rf"^{name}/?$", posthog.CaptureView.as_view(), name="posthog-capture") for name in _POSTHOG),
    re_path(r"^i/v1/analytics/events/?$", posthog.CaptureV1View.as_view(), name="posthog-capture-v1"),
    *(
        re_path(rf"^api/{name}/?$", posthog.EmptyListView.as_view(names=names), name="posthog-list")
        for name, names in _LISTS.items()
    ),
    *(
        re_path(
            rf"^static/(?:(?P<version>[0-9.]+)/)?{name}\.js$",
            views.ScriptView.as_view(script=script),
            name="posthog-script",
        )
        for name, script in _SCRIPTS.items()
    ),
]
