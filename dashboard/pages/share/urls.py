"""Addresses of share links."""

from django.urls import URLPattern, path

from dashboard.pages.share import link_views, views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/shares/", link_views.share_list, name="share-list"),
    path("p/<slug:slug>/shares/new/", link_views.share_create, name="share-create"),
    path("p/<slug:slug>/shares/<int:share_id>/revoke/", link_views.share_revoke, name="share-revoke"),
    path("share/<str:token>/", views.overview, name="share-overview"),
    path("share/<str:token>/issues/", views.issues, name="share-issues"),
    path("share/<str:token>/board/", views.board, name="share-board"),
    path("share/<str:token>/charts/<slug:name>/", views.chart, name="share-chart"),
    path("share/<str:token>/charts/<slug:name>.json", views.chart_json, name="share-chart-json"),
]
