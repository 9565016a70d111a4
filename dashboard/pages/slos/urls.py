"""Addresses of objectives."""

from django.urls import URLPattern, path

from dashboard.pages.slos import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/slos/", views.slo_list, name="slos"),
    path("p/<slug:slug>/slos/new/", views.slo_new, name="slo-new"),
    path("p/<slug:slug>/slos/house/", views.slo_add, name="slo-add"),
    path("p/<slug:slug>/slos/<int:objective_id>/", views.slo_detail, name="slo"),
    path("p/<slug:slug>/slos/<int:objective_id>/edit/", views.slo_edit, name="slo-edit"),
    path("p/<slug:slug>/slos/<int:objective_id>/delete/", views.slo_delete, name="slo-delete"),
]
