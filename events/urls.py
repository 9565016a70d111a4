"""Addresses that SDKs and other API clients call."""

from django.urls import URLPattern, URLResolver, include, path

from events.endpoints import browser, deploy_hooks, sdk_loader, sentry
from events.endpoints.cli import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/<int:project_id>/envelope/", sentry.EnvelopeView.as_view(), name="envelope"),
    path("api/<int:project_id>/store/", sentry.StoreView.as_view(), name="store"),
    path("api/store/", sentry.StoreByKeyView.as_view(), name="store-by-key"),
    path("api/<int:project_id>/cron/<str:slug>/", sentry.CronView.as_view(), name="cron"),
    path("api/<int:project_id>/cron/<str:slug>/<str:public_key>/", sentry.CronView.as_view(), name="cron-by-key"),
    path(
        "api/<int:project_id>/events/<str:event_id>/attachments/", sentry.AttachmentsView.as_view(), name="attachments"
    ),
    path("api/<int:project_id>/nel/", sentry.SecurityView.as_view(), name="nel"),
    path("api/<int:project_id>/security/", sentry.SecurityView.as_view(), name="security"),
    path("api/<int:project_id>/csp-report/", sentry.SecurityView.as_view(), name="csp-report"),
    path("api/<int:project_id>/browser/", browser.BrowserView.as_view(), name="browser"),
    path("api/<int:project_id>/browser/config.json", browser.BrowserConfigView.as_view(), name="browser-config"),
    path("", include("events.endpoints.performance_urls")),
    path("", include("events.endpoints.product.urls")),
    path("api/0/", include("events.endpoints.cli.urls")),
    path("api/deploys/", views.DeployReport.as_view(), name="deploy-report"),
    path("api/deploys/hooks/<str:token>/", deploy_hooks.hook, name="deploy-hook"),
    path("js-sdk-loader/<str:public_key>.min.js", sdk_loader.LoaderView.as_view(), name="sdk-loader"),
    path("js-sdk-loader/<str:public_key>.js", sdk_loader.LoaderView.as_view(), name="sdk-loader-plain"),
    path("tunnel/", sentry.TunnelView.as_view(), name="tunnel"),
]
