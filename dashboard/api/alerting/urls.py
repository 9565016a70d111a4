"""Addresses of the API of alerting."""

from django.urls import URLPattern, path

from dashboard.api.alerting import alerts, channels, monitors, rules

_P = "projects/<slug:slug>/"
urlpatterns: list[URLPattern] = [
    path(_P + "rules/", rules.Rules.as_view(), name="api-rules"),
    path(_P + "rules/preview/", rules.RulePreview.as_view(), name="api-rule-preview"),
    path(_P + "rules/<int:rule_id>/", rules.RuleDetail.as_view(), name="api-rule"),
    path(_P + "alerts/", alerts.Alerts.as_view(), name="api-alerts"),
    path(_P + "alerts/<int:alert_id>/", alerts.AlertDetail.as_view(), name="api-alert"),
    path(_P + "alerts/<int:alert_id>/acknowledge/", alerts.AlertAcknowledge.as_view(), name="api-alert-acknowledge"),
    path(_P + "silences/", alerts.Silences.as_view(), name="api-silences"),
    path(_P + "silences/<int:silence_id>/end/", alerts.SilenceEnd.as_view(), name="api-silence-end"),
    path(_P + "channels/", channels.Channels.as_view(), name="api-channels"),
    path(_P + "channels/<int:channel_id>/", channels.ChannelDetail.as_view(), name="api-channel"),
    path(_P + "channels/<int:channel_id>/test/", channels.ChannelTest.as_view(), name="api-channel-test"),
    path(
        _P + "channels/<int:channel_id>/deliveries/",
        channels.ChannelDeliveries.as_view(),
        name="api-channel-deliveries",
    ),
    path(_P + "channels/<int:channel_id>/routes/", channels.ChannelRoutes.as_view(), name="api-channel-routes"),
    path(_P + "monitors/", monitors.Monitors.as_view(), name="api-monitors"),
    path(_P + "monitors/<int:monitor_id>/", monitors.MonitorDetail.as_view(), name="api-monitor"),
    path(_P + "monitors/<int:monitor_id>/runs/", monitors.MonitorRuns.as_view(), name="api-monitor-runs"),
    path(_P + "objectives/", monitors.Objectives.as_view(), name="api-objectives"),
    path(_P + "objectives/<int:objective_id>/", monitors.ObjectiveDetail.as_view(), name="api-objective"),
]
