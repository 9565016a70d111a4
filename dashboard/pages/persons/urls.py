"""Addresses of persons and groups."""

from django.urls import URLPattern, path

from dashboard.pages.persons import views

_P = "p/<slug:slug>/persons/"

urlpatterns: list[URLPattern] = [
    path(_P, views.person_list, name="person-list"),
    path(_P + "find/", views.person_find, name="person-find"),
    path(_P + "groups/", views.group_list, name="group-list"),
    path(_P + "groups/<int:group_id>/", views.group_detail, name="group"),
    path(_P + "groups/<int:group_id>/delete/", views.group_delete, name="group-delete"),
    path(_P + "<uuid:person_id>/", views.person_detail, name="person"),
    path(_P + "<uuid:person_id>/delete/", views.person_delete, name="person-delete"),
]
