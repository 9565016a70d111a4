"""Addresses of feature flags, where SDKs ask for them, and of consent, where pages say it."""

from django.urls import URLPattern, path, re_path

from analytics import consent_views, definition_views, flag_views

# How the addresses begin that are answered by the threads of flags, consent among them; definitions take longer and go
# the way of pages.
EVALUATED = (
    "/flags", "/decide", "/array/", "/ofrep/", "/api/frontend", "/api/eval/", "/api/features/", "/api/client/",
    "/consent",
)  # fmt: skip
DEFINED = ("/flags/definitions", "/api/feature_flag/", "/api/projects/")

urlpatterns: list[URLPattern] = [
    re_path(r"^flags/definitions/?$", definition_views.DefinitionsView.as_view(), name="flag-definitions"),
    re_path(
        r"^api/feature_flag/local_evaluation/?$", definition_views.DefinitionsView.as_view(),
        name="flag-local-evaluation",
    ),
    re_path(
        r"^api/projects/(?P<named>[^/]+)/feature_flags/(?P<key>[^/]+)/remote_config/?$",
        definition_views.RemoteConfigView.as_view(), name="flag-remote-config",
    ),
    re_path(r"^flags/?$", flag_views.FlagsView.as_view(), name="flags"),
    re_path(r"^decide/?$", flag_views.FlagsView.as_view(is_decide=True), name="decide"),
    path("array/<str:token>/config", flag_views.ConfigView.as_view(), name="posthog-config"),
    path("array/<str:token>/config.js", flag_views.ConfigView.as_view(is_script=True), name="posthog-config-js"),
    path("ofrep/v1/evaluate/flags", flag_views.OfrepView.as_view(), name="ofrep"),
    path("ofrep/v1/evaluate/flags/<path:key>", flag_views.OfrepView.as_view(), name="ofrep-flag"),
    re_path(r"^api/frontend/?$", flag_views.UnleashView.as_view(), name="unleash-frontend"),
    re_path(
        r"^api/frontend/client/(?:metrics|register)/?$", flag_views.UnleashReportView.as_view(), name="unleash-report"
    ),
    path("api/eval/<str:token>", flag_views.GrowthbookView.as_view(), name="growthbook-eval"),
    re_path(r"^consent/?$", consent_views.ConsentView.as_view(), name="consent"),
    re_path(r"^api/(?:features|client)/.*$", flag_views.RefusedView.as_view(), name="flags-refused"),
]  # fmt: skip


def may_be_evaluated(path: str) -> bool:
    """Whether `path` is worth resolving among the addresses where flags are evaluated."""
    return path.startswith(EVALUATED) and not path.startswith(DEFINED)
