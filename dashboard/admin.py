"""What staff see in the admin of what people keep of pages: boards to look at; their pages change them."""

from django.contrib import admin

from dashboard.models import Board
from events.accounts.audited_admin import OwnProjects, ReadOnlyAdmin


@admin.register(Board)
class BoardAdmin(ReadOnlyAdmin):
    project_path = "project"
    page = "dashboard:board"
    list_display = ["name", "project", "created_by", "created_at"]
    list_filter = [("project", OwnProjects)]
    list_select_related = ["project", "created_by"]
    search_fields = ["name"]
