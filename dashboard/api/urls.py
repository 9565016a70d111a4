"""Addresses of the read API."""

from django.urls import include, path

from dashboard.api import charts, experiments, flags, grouping_rules, lists, scorecard, views
from dashboard.api.alerting import incidents

urlpatterns = [
    path("projects/", views.Projects.as_view(), name="api-projects"),
    path("projects/<slug:slug>/", views.ProjectDetail.as_view(), name="api-project"),
    path("projects/<slug:slug>/issues/", views.Issues.as_view(), name="api-issues"),
    path("projects/<slug:slug>/issues/<int:issue_id>/", views.IssueDetail.as_view(), name="api-issue"),
    path("projects/<slug:slug>/issues/<int:issue_id>/events/", views.IssueEvents.as_view(), name="api-issue-events"),
    path("projects/<slug:slug>/events/<str:event_id>/", views.EventDetail.as_view(), name="api-event"),
    path("projects/<slug:slug>/releases/", views.Releases.as_view(), name="api-releases"),
    path("projects/<slug:slug>/charts/", charts.Charts.as_view(), name="api-charts"),
    path("projects/<slug:slug>/charts/<slug:name>/", charts.ChartTable.as_view(), name="api-chart"),
    path("projects/<slug:slug>/lists/", lists.Lists.as_view(), name="api-lists"),
    path("projects/<slug:slug>/lists/<slug:listed>/", lists.ListRows.as_view(), name="api-list"),
    path("projects/<slug:slug>/accounting/", views.Accounting.as_view(), name="api-accounting"),
    path("projects/<slug:slug>/scorecard/", scorecard.Scorecard.as_view(), name="api-scorecard"),
    path("projects/<slug:slug>/incidents/", incidents.Incidents.as_view(), name="api-incidents"),
    path("projects/<slug:slug>/incidents/<int:incident_id>/", incidents.IncidentDetail.as_view(), name="api-incident"),
    path("projects/<slug:slug>/grouping-rules/", grouping_rules.GroupingRules.as_view(), name="api-grouping-rules"),
    path(
        "projects/<slug:slug>/grouping-rules/try/",
        grouping_rules.GroupingTrial.as_view(),
        name="api-grouping-rules-try",
    ),
    path("projects/<slug:slug>/flags/", flags.Flags.as_view(), name="api-flags"),
    path("projects/<slug:slug>/flags/<int:flag_id>/", flags.FlagDetail.as_view(), name="api-flag"),
    path("projects/<slug:slug>/flags/<int:flag_id>/history/", flags.FlagHistory.as_view(), name="api-flag-history"),
    path("", include("dashboard.api.person_urls")),
    path("projects/<slug:slug>/experiments/", experiments.Experiments.as_view(), name="api-experiments"),
    path(
        "projects/<slug:slug>/experiments/<int:experiment_id>/",
        experiments.ExperimentDetail.as_view(),
        name="api-experiment",
    ),
    path(
        "projects/<slug:slug>/experiments/<int:experiment_id>/results/",
        experiments.ExperimentResults.as_view(),
        name="api-experiment-results",
    ),
    path("", include("dashboard.api.performance_urls")),
    path("", include("dashboard.api.insights.urls")),
    path("", include("dashboard.api.alerting.urls")),
    path("", include("dashboard.api.alerting.routing_urls")),
    path("", include("dashboard.api.alerting.probe_urls")),
    path("schema/", views.Schema.as_view(), name="api-schema"),
    path("<path:rest>", views.Nothing.as_view(), name="api-nothing"),
]
