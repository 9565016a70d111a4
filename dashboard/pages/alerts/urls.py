"""Addresses of alerts and channels."""

from django.urls import URLPattern, path

from dashboard.pages.alerts import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/alerts/", views.channel_list, name="alerts"),
    path("p/<slug:slug>/alerts/channels/", views.channel_list, name="channel-list"),
    path("p/<slug:slug>/alerts/channels/new/<slug:kind>/", views.channel_new, name="channel-new"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/", views.channel_detail, name="channel-detail"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/edit/", views.channel_edit, name="channel-edit"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/enable/", views.channel_enable, name="channel-enable"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/disable/", views.channel_disable, name="channel-disable"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/test/", views.channel_test, name="channel-test"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/delete/", views.channel_delete, name="channel-delete"),
]
