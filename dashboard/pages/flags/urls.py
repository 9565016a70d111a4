"""Addresses of feature flags and audiences."""

from django.urls import URLPattern, path

from dashboard.pages.flags import audience_views, views

_FLAG = "p/<slug:slug>/flags/<int:flag_id>"

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/flags/", views.flag_list, name="flag-list"),
    path("p/<slug:slug>/flags/new/", views.flag_new, name="flag-new"),
    path("p/<slug:slug>/flags/audiences/", audience_views.audience_list, name="audience-list"),
    path("p/<slug:slug>/flags/audiences/new/", audience_views.audience_new, name="audience-new"),
    path("p/<slug:slug>/flags/audiences/<int:audience_id>/", audience_views.audience_edit, name="audience-edit"),
    path(
        "p/<slug:slug>/flags/audiences/<int:audience_id>/delete/", audience_views.audience_delete,
        name="audience-delete",
    ),
    path("p/<slug:slug>/flags/overrides/<int:override_id>/drop/", views.flag_override_drop, name="flag-override-drop"),
    path(f"{_FLAG}/", views.flag_detail, name="flag"),
    path(f"{_FLAG}/try/", views.flag_try, name="flag-try"),
    path(f"{_FLAG}/edit/", views.flag_edit, name="flag-edit"),
    path(f"{_FLAG}/switch/", views.flag_switch, name="flag-switch"),
    path(f"{_FLAG}/guard/", views.flag_guard, name="flag-guard"),
    path(f"{_FLAG}/return/", views.flag_return, name="flag-return"),
    path(f"{_FLAG}/archive/", views.flag_archive, name="flag-archive"),
    path(f"{_FLAG}/revive/", views.flag_revive, name="flag-revive"),
    path(f"{_FLAG}/delete/", views.flag_delete, name="flag-delete"),
    path(f"{_FLAG}/override/", views.flag_override, name="flag-override"),
]  # fmt: skip
