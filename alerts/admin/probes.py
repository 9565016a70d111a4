"""Probes for staff."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from alerts.admin.pausable import PausableAdmin
from alerts.forms import ProbeForm
from alerts.models import Probe
from alerts.probes import probe_setup
from events.accounts.audited_admin import OwnProjects


@admin.register(Probe)
class ProbeAdmin(PausableAdmin):
    """Probes; the headers and bodies that they send are shown nowhere."""

    setup = probe_setup
    form = ProbeForm
    page = "dashboard:probe"
    list_display = ["name", "project", "kind", "target", "interval_seconds", "status", "is_enabled", "is_muted"]
    list_filter = ["kind", "is_enabled", ("project", OwnProjects)]
    list_select_related = ["project", "state"]
    search_fields = ["name", "slug", "target"]
    readonly_fields = ["slug", "header_names", "is_enabled", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Probe]:
        return super().get_queryset(request).defer("secrets")

    @admin.display(description="Status")
    def status(self, probe: Probe) -> str:
        return probe.state.get_status_display()
