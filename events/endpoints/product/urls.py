"""Addresses where product events come in, and of the scripts that send them: Plausible's, Umami's, Matomo's,
Segment's, RudderStack's, plain JSON."""

from django.urls import URLPattern, path, re_path

from events.endpoints.performance import ScriptView
from events.endpoints.product import matomo, plain, segment, trackers

_LAST = "track|page|screen|identify|group|alias|batch|import|t|p|s|i|g|a|b"

urlpatterns: list[URLPattern] = [
    re_path(r"^api/event/?$", trackers.PlausibleView.as_view(), name="plausible"),
    re_path(r"^api/send/?$", trackers.UmamiView.as_view(), name="umami"),
    re_path(rf"^v1/(?P<last>{_LAST})/?$", segment.TrackView.as_view(), name="segment"),
    re_path(r"^beacon/v1/batch/?$", segment.TrackView.as_view(), name="rudder-beacon"),
    # `script.outbound-links.js` and its like are one file that reads its own name; so is `pa-<site>.js`.
    re_path(
        r"^js/(?:script|plausible|pa-[^/]+)(?:\.[^/]+)?\.js$",
        ScriptView.as_view(script="plausible"),
        name="plausible-js",
    ),
    path("script.js", ScriptView.as_view(script="umami"), name="umami-js"),
    re_path(r"^v1/m/?$", segment.OwnMetricsView.as_view(), name="segment-own-metrics"),
    path("v1/projects/<str:named>/settings", segment.SettingsView.as_view(), name="segment-settings"),
    re_path(r"^sourceConfig/?$", segment.SourceConfigView.as_view(), name="rudder-source"),
    re_path(r"^(?:matomo|piwik)\.php$", matomo.MatomoView.as_view(), name="matomo"),
    path("api/v1/events/", plain.EventsView.as_view(), name="product-events"),
]
