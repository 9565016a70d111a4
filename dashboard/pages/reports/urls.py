"""Addresses of reports."""

from django.urls import URLPattern, path

from dashboard.pages.reports import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/reports/weekly/", views.weekly_page, name="weekly"),
    path("p/<slug:slug>/reports/weekly/mail/", views.weekly_mail, name="weekly-mail"),
]
