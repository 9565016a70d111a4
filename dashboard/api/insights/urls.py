"""Addresses of the read API of questions that people put together."""

from django.urls import URLPattern, path

from dashboard.api.insights import actions, goals, kept, views

_P = "projects/<slug:slug>/insights/"
urlpatterns: list[URLPattern] = [
    path(_P + "trends/", views.Trends.as_view(), name="api-trends"),
    path(_P + "funnels/", views.Funnels.as_view(), name="api-funnels"),
    path(_P + "funnels/losses/", views.FunnelLosses.as_view(), name="api-funnel-losses"),
    path(_P + "journeys/", views.Journeys.as_view(), name="api-journeys"),
    path(_P + "cohorts/", views.Cohorts.as_view(), name="api-cohorts"),
    path(_P + "usage/", views.Usage.as_view(), name="api-usage"),
    path(_P + "saved/", kept.SavedInsights.as_view(), name="api-saved-insights"),
    path("projects/<slug:slug>/boards/", kept.Boards.as_view(), name="api-boards"),
    path("projects/<slug:slug>/boards/<int:board_id>/", kept.BoardDetail.as_view(), name="api-board"),
    path("projects/<slug:slug>/actions/", actions.Actions.as_view(), name="api-actions"),
    path("projects/<slug:slug>/actions/<int:action_id>/", actions.ActionDetail.as_view(), name="api-action"),
    path("projects/<slug:slug>/goals/", goals.Goals.as_view(), name="api-goals"),
    path("projects/<slug:slug>/goals/<int:goal_id>/", goals.GoalDetail.as_view(), name="api-goal"),
]
