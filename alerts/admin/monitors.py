"""Monitors for staff."""

from django.contrib import admin

from alerts.admin.pausable import PausableAdmin
from alerts.forms import MonitorForm
from alerts.models import Monitor
from alerts.monitors import monitor_setup
from events.accounts.audited_admin import OwnProjects


@admin.register(Monitor)
class MonitorAdmin(PausableAdmin):
    """Monitors; their secret addresses stand on the pages alone."""

    setup = monitor_setup
    form = MonitorForm
    page = "dashboard:monitor"
    list_display = ["name", "project", "slug", "kind", "schedule", "zone", "is_enabled", "is_muted", "problem"]
    list_filter = ["kind", "source", "is_enabled", ("project", OwnProjects)]
    list_select_related = ["project"]
    search_fields = ["name", "slug"]
    readonly_fields = ["slug", "source", "is_enabled", "problem", "created_at"]
