"""Addresses of saved views, share links, the palette's search and the evidence of charts."""

from django.urls import path

from dashboard.views import events, keeping, share

urlpatterns = [
    path("p/<slug:slug>/events/", events.event_list, name="event-list"),
    path("p/<slug:slug>/palette.json", keeping.palette_issues, name="palette-issues"),
    path("p/<slug:slug>/views/save/", keeping.view_save, name="view-save"),
    path("p/<slug:slug>/views/<int:view_id>/delete/", keeping.view_delete, name="view-delete"),
    path("p/<slug:slug>/shares/", keeping.share_list, name="share-list"),
    path("p/<slug:slug>/shares/new/", keeping.share_create, name="share-create"),
    path("p/<slug:slug>/shares/<int:share_id>/revoke/", keeping.share_revoke, name="share-revoke"),
    path("share/<str:token>/", share.overview, name="share-overview"),
    path("share/<str:token>/issues/", share.issues, name="share-issues"),
    path("share/<str:token>/charts/<slug:name>/", share.chart, name="share-chart"),
    path("share/<str:token>/charts/<slug:name>.json", share.chart_json, name="share-chart-json"),
]
