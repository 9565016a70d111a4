"""Addresses of status pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
