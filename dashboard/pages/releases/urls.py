"""Addresses of releases."""

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from dashboard.pages.releases import views


class AnythingConverter(StringConverter):
    """What senders name: slashes and line breaks included."""

    regex = r"[\s\S]+"


register_converter(AnythingConverter, "anything")

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/releases/", views.release_list, name="release-list"),
    path("p/<slug:slug>/releases/<anything:version>/", views.release_page, name="release"),
]
