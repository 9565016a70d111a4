"""Addresses of questions that people put together."""

from django.urls import URLPattern, path

from dashboard.pages.insights import action_views, goal_views, saved_views, views

_P = "p/<slug:slug>/insights/"
urlpatterns: list[URLPattern] = [
    path(_P, views.trends, name="insights-trends"),
    path(_P + "funnels/", views.funnels, name="insights-funnels"),
    path(_P + "journeys/", views.journeys, name="insights-journeys"),
    path(_P + "cohorts/", views.cohorts, name="insights-cohorts"),
    path(_P + "usage/", views.usage, name="insights-usage"),
    path(_P + "actions/", action_views.action_list, name="insights-actions"),
    path(_P + "actions/new/", action_views.action_new, name="action-new"),
    path(_P + "actions/<int:action_id>/edit/", action_views.action_edit, name="action-edit"),
    path(_P + "actions/<int:action_id>/delete/", action_views.action_delete, name="action-delete"),
    path(_P + "goals/", goal_views.goal_list, name="insights-goals"),
    path(_P + "goals/new/", goal_views.goal_new, name="goal-new"),
    path(_P + "goals/<int:goal_id>/edit/", goal_views.goal_edit, name="goal-edit"),
    path(_P + "goals/<int:goal_id>/delete/", goal_views.goal_delete, name="goal-delete"),
    path(_P + "saved/", saved_views.saved_list, name="insights-saved"),
    path(_P + "saved/<int:view_id>/subscribe/", saved_views.subscribe, name="insight-subscribe"),
]
