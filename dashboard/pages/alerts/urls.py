"""Addresses of alerts, rules, silences and channels."""

from django.urls import URLPattern, path

from dashboard.pages.alerts import (
    alert_views,
    channel_views,
    delivery_views,
    maintenance_views,
    route_views,
    rule_views,
    source_views,
)

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/alerts/", alert_views.alert_list, name="alerts"),
    path("p/<slug:slug>/alerts/<int:alert_id>/", alert_views.alert_detail, name="alert"),
    path("p/<slug:slug>/alerts/<int:alert_id>/acknowledge/", alert_views.alert_acknowledge, name="alert-acknowledge"),
    path("p/<slug:slug>/alerts/silences/", alert_views.silence_list, name="silence-list"),
    path("p/<slug:slug>/alerts/silences/new/", alert_views.silence_new, name="silence-new"),
    path("p/<slug:slug>/alerts/silences/<int:silence_id>/end/", alert_views.silence_end, name="silence-end"),
    path("p/<slug:slug>/alerts/calendar/", maintenance_views.maintenance_list, name="maintenance-list"),
    path("p/<slug:slug>/alerts/calendar/new/", maintenance_views.maintenance_new, name="maintenance-new"),
    path("p/<slug:slug>/alerts/calendar/<int:maintenance_id>/", maintenance_views.maintenance_edit, name="maintenance"),
    path(
        "p/<slug:slug>/alerts/calendar/<int:maintenance_id>/end/",
        maintenance_views.maintenance_end,
        name="maintenance-end",
    ),
    path(
        "p/<slug:slug>/alerts/calendar/<int:maintenance_id>/delete/",
        maintenance_views.maintenance_delete,
        name="maintenance-delete",
    ),
    path("p/<slug:slug>/alerts/routes/", route_views.route_list, name="route-list"),
    path("p/<slug:slug>/alerts/routes/new/", route_views.route_new, name="route-new"),
    path("p/<slug:slug>/alerts/routes/<int:route_id>/", route_views.route_edit, name="route"),
    path("p/<slug:slug>/alerts/routes/<int:route_id>/delete/", route_views.route_delete, name="route-delete"),
    path("p/<slug:slug>/alerts/routes/holds/new/", route_views.inhibition_new, name="inhibition-new"),
    path("p/<slug:slug>/alerts/routes/holds/<int:inhibition_id>/", route_views.inhibition_edit, name="inhibition"),
    path(
        "p/<slug:slug>/alerts/routes/holds/<int:inhibition_id>/delete/",
        route_views.inhibition_delete,
        name="inhibition-delete",
    ),
    path("p/<slug:slug>/alerts/sources/", source_views.source_list, name="source-list"),
    path("p/<slug:slug>/alerts/sources/new/", source_views.source_new, name="source-new"),
    path("p/<slug:slug>/alerts/sources/<int:source_id>/", source_views.source_edit, name="source"),
    path("p/<slug:slug>/alerts/sources/<int:source_id>/rotate/", source_views.source_rotate, name="source-rotate"),
    path("p/<slug:slug>/alerts/sources/<int:source_id>/switch/", source_views.source_switch, name="source-switch"),
    path("p/<slug:slug>/alerts/sources/<int:source_id>/delete/", source_views.source_delete, name="source-delete"),
    path("p/<slug:slug>/alerts/others/<int:foreign_id>/", source_views.foreign_detail, name="foreign-alert"),
    path(
        "p/<slug:slug>/alerts/others/<int:foreign_id>/acknowledge/",
        source_views.foreign_acknowledge,
        name="foreign-acknowledge",
    ),
    path("p/<slug:slug>/alerts/others/<int:foreign_id>/end/", source_views.foreign_end, name="foreign-end"),
    path("p/<slug:slug>/alerts/rules/", rule_views.rule_list, name="rule-list"),
    path("p/<slug:slug>/alerts/rules/new/<slug:rule_kind>/", rule_views.rule_new, name="rule-new"),
    path("p/<slug:slug>/alerts/rules/<int:rule_id>/", rule_views.rule_edit, name="rule"),
    path("p/<slug:slug>/alerts/rules/<int:rule_id>/switch/", rule_views.rule_switch, name="rule-switch"),
    path("p/<slug:slug>/alerts/rules/<int:rule_id>/delete/", rule_views.rule_delete, name="rule-delete"),
    path("p/<slug:slug>/alerts/channels/", channel_views.channel_list, name="channel-list"),
    path("p/<slug:slug>/alerts/channels/new/<slug:kind>/", channel_views.channel_new, name="channel-new"),
    path("p/<slug:slug>/alerts/channels/log/", delivery_views.delivery_list, name="delivery-list"),
    path("p/<slug:slug>/alerts/channels/log.csv", delivery_views.delivery_csv, name="delivery-csv"),
    path(
        "p/<slug:slug>/alerts/channels/log/<int:notification_id>/retry/",
        delivery_views.delivery_retry,
        name="delivery-retry",
    ),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/", channel_views.channel_detail, name="channel-detail"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/edit/", channel_views.channel_edit, name="channel-edit"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/enable/", channel_views.channel_enable, name="channel-enable"),
    path(
        "p/<slug:slug>/alerts/channels/<int:channel_id>/disable/", channel_views.channel_disable, name="channel-disable"
    ),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/test/", channel_views.channel_test, name="channel-test"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/delete/", channel_views.channel_delete, name="channel-delete"),
]
