"""Addresses of lists as files."""

from django.urls import URLPattern, path

from dashboard.pages.exports import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/exports/", views.export_list, name="export-list"),
    path("p/<slug:slug>/exports/<slug:listed>.<slug:form>", views.list_file, name="list-file"),
]
