"""Addresses that SDKs and other API clients call."""

from django.urls import URLPattern, URLResolver, include, path

from events import browser_views, cli_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/<int:project_id>/envelope/", views.EnvelopeView.as_view(), name="envelope"),
    path("api/<int:project_id>/store/", views.StoreView.as_view(), name="store"),
    path("api/<int:project_id>/security/", views.SecurityView.as_view(), name="security"),
    path("api/<int:project_id>/csp-report/", views.SecurityView.as_view(), name="csp-report"),
    path("api/<int:project_id>/browser/", browser_views.BrowserView.as_view(), name="browser"),
    path("api/<int:project_id>/browser/config.json", browser_views.BrowserConfigView.as_view(), name="browser-config"),
    path("", include("events.performance_urls")),
    path("api/0/", include("events.cli_urls")),
    path("api/deploys/", cli_views.DeployHook.as_view(), name="deploy-hook"),
    path("tunnel/", views.TunnelView.as_view(), name="tunnel"),
]
