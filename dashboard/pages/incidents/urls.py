"""Addresses of incidents."""

from django.urls import URLPattern, path

from dashboard.pages.incidents import views

_ONE = "p/<slug:slug>/incidents/<int:incident_id>/"

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/incidents/", views.incident_list, name="incident-list"),
    path("p/<slug:slug>/incidents/incidents.csv", views.incident_csv, name="incident-csv"),
    path("p/<slug:slug>/incidents/new/", views.incident_new, name="incident-new"),
    path("p/<slug:slug>/incidents/policy/", views.incident_policy, name="incident-policy"),
    path(_ONE, views.incident_detail, name="incident"),
    path(f"{_ONE}acknowledge/", views.incident_acknowledge, name="incident-acknowledge"),
    path(f"{_ONE}resolve/", views.incident_resolve, name="incident-resolve"),
    path(f"{_ONE}reopen/", views.incident_reopen, name="incident-reopen"),
    path(f"{_ONE}comment/", views.incident_comment, name="incident-comment"),
    path(f"{_ONE}change/", views.incident_change, name="incident-change"),
    path(f"{_ONE}postmortem.md", views.incident_postmortem, name="incident-postmortem"),
]
