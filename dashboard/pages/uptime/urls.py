"""Addresses of probes."""

from django.urls import URLPattern, path

from dashboard.pages.uptime import views

_P = "p/<slug:slug>/uptime/"
urlpatterns: list[URLPattern] = [
    path(_P, views.probe_list, name="probe-list"),
    path(_P + "new/<slug:probe_kind>/", views.probe_new, name="probe-new"),
    path(_P + "<int:probe_id>/", views.probe_detail, name="probe"),
    path(_P + "<int:probe_id>/looks.csv", views.probe_csv, name="probe-csv"),
    path(_P + "<int:probe_id>/edit/", views.probe_edit, name="probe-edit"),
    path(_P + "<int:probe_id>/look/", views.probe_look, name="probe-look"),
    path(_P + "<int:probe_id>/pause/", views.probe_pause, name="probe-pause"),
    path(_P + "<int:probe_id>/resume/", views.probe_resume, name="probe-resume"),
    path(_P + "<int:probe_id>/delete/", views.probe_delete, name="probe-delete"),
]
