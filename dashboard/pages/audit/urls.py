"""Addresses of the audit trail."""

from django.urls import URLPattern, path

from dashboard.pages.audit import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/audit/", views.audit_list, name="audit"),
    path("p/<slug:slug>/audit/csv/", views.audit_csv, name="audit-csv"),
]
