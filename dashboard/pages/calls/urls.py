"""The address of the page of calls."""

from django.urls import URLPattern, path

from dashboard.pages.calls import views

urlpatterns: list[URLPattern] = [path("p/<slug:slug>/api/", views.call_list, name="api-calls")]
