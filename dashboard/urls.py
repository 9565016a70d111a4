"""Addresses of the pages."""

from django.contrib.auth import views as auth_views
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from dashboard.views import (
    channels,
    charts,
    feedback,
    home,
    issue,
    issues,
    overview,
    password,
    people,
    releases,
    second_factor,
    settings,
    setup,
    system,
)


class AnythingConverter(StringConverter):
    """What senders name: slashes and line breaks included."""

    regex = r"[\s\S]+"


register_converter(AnythingConverter, "anything")

app_name = "dashboard"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("api/v1/", include("dashboard.api.urls")),
    path("", include("dashboard.performance_urls")),
    path("", include("dashboard.keeping_urls")),
    path("login/", people.LoginView.as_view(), name="login"),
    path("login/code/", second_factor.login_code, name="login-code"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("theme/", people.theme, name="theme"),
    path("account/", people.account, name="account"),
    path("account/password/", password.password, name="password"),
    path("account/second-factor/", second_factor.second_factor, name="second-factor"),
    path("account/second-factor/begin/", second_factor.begin, name="second-factor-begin"),
    path("account/second-factor/confirm/", second_factor.confirm, name="second-factor-confirm"),
    path("account/second-factor/codes/", second_factor.codes, name="second-factor-codes"),
    path("account/second-factor/disable/", second_factor.disable, name="second-factor-disable"),
    path("account/tokens/", people.token_create, name="token-create"),
    path("account/tokens/<int:token_id>/revoke/", people.token_revoke, name="token-revoke"),
    path("projects/new/", home.project_create, name="project-create"),
    path("system/", system.system, name="system"),
    path("p/<slug:slug>/", overview.overview, name="overview"),
    path("p/<slug:slug>/pulse.json", overview.pulse, name="pulse"),
    path("p/<slug:slug>/charts/<slug:name>.json", charts.chart_json, name="chart-json"),
    path("p/<slug:slug>/charts/<slug:name>.csv", charts.chart_csv, name="chart-csv"),
    path("p/<slug:slug>/charts/<slug:name>/", charts.chart_page, name="chart"),
    path("p/<slug:slug>/issues/", issues.issue_list, name="issue-list"),
    path("p/<slug:slug>/issues/bulk/", issues.issue_bulk, name="issue-bulk"),
    path("p/<slug:slug>/issues/<int:issue_id>/", issue.issue_page, name="issue"),
    path("p/<slug:slug>/issues/<int:issue_id>/action/", issue.issue_action, name="issue-action"),
    path("p/<slug:slug>/issues/<int:issue_id>/groups/", issue.issue_groups_page, name="issue-groups"),
    path("p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/", issue.issue_page, name="event"),
    path("p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/json/", issue.event_json, name="event-json"),
    path(
        "p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/markdown/",
        issue.event_markdown,
        name="event-markdown",
    ),
    path("p/<slug:slug>/attachments/<uuid:attachment_id>/", issue.attachment, name="attachment"),
    path("p/<slug:slug>/releases/", releases.release_list, name="release-list"),
    path("p/<slug:slug>/releases/<anything:version>/", releases.release_page, name="release"),
    path("p/<slug:slug>/feedback/", feedback.feedback_list, name="feedback-list"),
    path("p/<slug:slug>/alerts/", channels.channel_list, name="alerts"),
    path("p/<slug:slug>/alerts/channels/", channels.channel_list, name="channel-list"),
    path("p/<slug:slug>/alerts/channels/new/<slug:kind>/", channels.channel_new, name="channel-new"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/", channels.channel_detail, name="channel-detail"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/edit/", channels.channel_edit, name="channel-edit"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/enable/", channels.channel_enable, name="channel-enable"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/disable/", channels.channel_disable, name="channel-disable"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/test/", channels.channel_test, name="channel-test"),
    path("p/<slug:slug>/alerts/channels/<int:channel_id>/delete/", channels.channel_delete, name="channel-delete"),
    path("p/<slug:slug>/setup/", setup.setup, name="setup"),
    path("p/<slug:slug>/setup/state.json", setup.setup_state, name="setup-state"),
    path("p/<slug:slug>/setup/sample/", setup.send_sample, name="setup-sample"),
    path("p/<slug:slug>/settings/", settings.settings, name="settings"),
    path("p/<slug:slug>/settings/change/", settings.settings_change, name="settings-change"),
]
