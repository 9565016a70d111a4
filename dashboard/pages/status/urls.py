"""Addresses of status pages: the public ones, and those of the people who keep them."""

from django.urls import URLPattern, path

from dashboard.pages.status import public_views, views

_KEPT = "p/<slug:slug>/status/"
_PUBLIC = "status/<slug:slug>/"

urlpatterns: list[URLPattern] = [
    path("status/confirm/<str:token>/", public_views.status_confirm, name="status-confirm"),
    path("status/unsubscribe/<str:mark>/", public_views.status_unsubscribe, name="status-unsubscribe"),
    path(_PUBLIC, public_views.status_public, name="status-public"),
    path(f"{_PUBLIC}incidents/<str:public_id>/", public_views.status_notice, name="status-notice"),
    path(f"{_PUBLIC}history.atom", public_views.status_atom, name="status-atom"),
    path(f"{_PUBLIC}history.rss", public_views.status_rss, name="status-rss"),
    path(f"{_PUBLIC}subscribe/", public_views.status_subscribe, name="status-subscribe"),
    path(f"{_PUBLIC}api/v2/<slug:document>.json", public_views.status_json, name="status-json"),
    path(f"{_PUBLIC}api/v2/<slug:document>/<slug:only>.json", public_views.status_json, name="status-json-only"),
    path(_KEPT, views.status_page, name="status-page"),
    path(f"{_KEPT}preview/", views.status_preview, name="status-preview"),
    path(f"{_KEPT}delete/", views.status_delete, name="status-delete"),
    path(f"{_KEPT}erase/", views.status_erase, name="status-erase"),
    path(f"{_KEPT}components/new/", views.component_new, name="component-new"),
    path(f"{_KEPT}components/<int:component_id>/", views.component_edit, name="component"),
    path(f"{_KEPT}components/<int:component_id>/delete/", views.component_delete, name="component-delete"),
    path(f"{_KEPT}notices/new/", views.notice_new, name="notice-new"),
    path(f"{_KEPT}notices/<int:notice_id>/", views.notice, name="notice"),
    path(f"{_KEPT}notices/<int:notice_id>/delete/", views.notice_delete, name="notice-delete"),
]
