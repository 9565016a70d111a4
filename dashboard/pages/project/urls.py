"""Addresses of home, settings and setup."""

from django.urls import URLPattern, path

from dashboard.pages.project import deploy_views, grouping_views, home_views, life_views, settings_views, setup_views

urlpatterns: list[URLPattern] = [
    path("", home_views.home, name="home"),
    path("projects/new/", home_views.project_create, name="project-create"),
    path("projects/deleted/", life_views.deleted_projects, name="deleted-projects"),
    path("projects/deleted/<int:gone_id>/restore/", life_views.project_restore, name="project-restore"),
    path("projects/deleted/<int:gone_id>/receipt.json", life_views.project_receipt, name="project-receipt"),
    path("p/<slug:slug>/settings/project/", life_views.project_life_page, name="project-life"),
    path("p/<slug:slug>/settings/project/rename/", life_views.project_rename, name="project-rename"),
    path("p/<slug:slug>/settings/project/hand-over/", life_views.project_hand_over, name="project-hand-over"),
    path("p/<slug:slug>/settings/project/delete/", life_views.project_delete, name="project-delete"),
    path("p/<slug:slug>/setup/", setup_views.setup, name="setup"),
    path("p/<slug:slug>/setup/state.json", setup_views.setup_state, name="setup-state"),
    path("p/<slug:slug>/setup/sample/", setup_views.send_sample, name="setup-sample"),
    path("p/<slug:slug>/settings/", settings_views.settings, name="settings"),
    path("p/<slug:slug>/settings/change/", settings_views.settings_change, name="settings-change"),
    path("p/<slug:slug>/settings/invite/", settings_views.settings_invite, name="settings-invite"),
    path("p/<slug:slug>/settings/deploys/", deploy_views.deploy_list, name="deploys"),
    path("p/<slug:slug>/settings/deploys/hooks/", deploy_views.hook_create, name="deploy-hook-create"),
    path(
        "p/<slug:slug>/settings/deploys/hooks/<int:hook_id>/delete/",
        deploy_views.hook_delete,
        name="deploy-hook-delete",
    ),
    path("p/<slug:slug>/settings/grouping/", grouping_views.grouping, name="grouping"),
    path("p/<slug:slug>/settings/grouping/try/", grouping_views.grouping_try, name="grouping-try"),
    path("p/<slug:slug>/settings/grouping/save/", grouping_views.grouping_save, name="grouping-save"),
]
