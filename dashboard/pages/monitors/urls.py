"""Addresses of scheduled jobs."""

from django.urls import URLPattern, path

from dashboard.pages.monitors import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/monitors/", views.monitor_list, name="monitor-list"),
    path("p/<slug:slug>/monitors/new/", views.monitor_new, name="monitor-new"),
    path("p/<slug:slug>/monitors/key/", views.ping_key_rotate, name="ping-key-rotate"),
    path("p/<slug:slug>/monitors/<int:monitor_id>/", views.monitor_detail, name="monitor"),
    path("p/<slug:slug>/monitors/<int:monitor_id>/edit/", views.monitor_edit, name="monitor-edit"),
    path("p/<slug:slug>/monitors/<int:monitor_id>/pause/", views.monitor_pause, name="monitor-pause"),
    path("p/<slug:slug>/monitors/<int:monitor_id>/resume/", views.monitor_resume, name="monitor-resume"),
    path("p/<slug:slug>/monitors/<int:monitor_id>/delete/", views.monitor_delete, name="monitor-delete"),
]
