"""The admin of this product instead of Django's plain one."""

from django.contrib.admin.apps import AdminConfig


class ObsAdminConfig(AdminConfig):
    default_site = "dashboard.admin_site.ObsAdminSite"
