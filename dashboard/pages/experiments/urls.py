"""Addresses of experiments."""

from django.urls import URLPattern, path

from dashboard.pages.experiments import views

_ONE = "p/<slug:slug>/experiments/<int:experiment_id>"

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/experiments/", views.experiment_list, name="experiment-list"),
    path("p/<slug:slug>/experiments/new/", views.experiment_new, name="experiment-new"),
    path(f"{_ONE}/", views.experiment_detail, name="experiment"),
    path(f"{_ONE}/edit/", views.experiment_edit, name="experiment-edit"),
    path(f"{_ONE}/start/", views.experiment_start, name="experiment-start"),
    path(f"{_ONE}/stop/", views.experiment_stop, name="experiment-stop"),
    path(f"{_ONE}/decide/", views.experiment_decide, name="experiment-decide"),
    path(f"{_ONE}/delete/", views.experiment_delete, name="experiment-delete"),
    path(f"{_ONE}/results.csv", views.results_csv, name="experiment-csv"),
]
