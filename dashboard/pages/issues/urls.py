"""Addresses of issues, their events and feedback."""

from django.urls import URLPattern, path

from dashboard.pages.issues import completion_views, event_views, feedback_views, issue_views, views

urlpatterns: list[URLPattern] = [
    path("p/<slug:slug>/issues/", views.issue_list, name="issue-list"),
    path("p/<slug:slug>/issues/completion.json", completion_views.issue_completion, name="issue-completion"),
    path("p/<slug:slug>/issues/bulk/", views.issue_bulk, name="issue-bulk"),
    path("p/<slug:slug>/issues/<int:issue_id>/", issue_views.issue_page, name="issue"),
    path("p/<slug:slug>/issues/<int:issue_id>/action/", issue_views.issue_action, name="issue-action"),
    path("p/<slug:slug>/issues/<int:issue_id>/groups/", issue_views.issue_groups_page, name="issue-groups"),
    path("p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/", issue_views.issue_page, name="event"),
    path("p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/json/", issue_views.event_json, name="event-json"),
    path(
        "p/<slug:slug>/issues/<int:issue_id>/events/<str:event_id>/markdown/",
        issue_views.event_markdown,
        name="event-markdown",
    ),
    path("p/<slug:slug>/attachments/<uuid:attachment_id>/", issue_views.attachment, name="attachment"),
    path("p/<slug:slug>/feedback/", feedback_views.feedback_list, name="feedback-list"),
    path("p/<slug:slug>/events/", event_views.event_list, name="event-list"),
]
