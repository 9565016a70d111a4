"""Lists of a project as files, and the page that leads to them."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access.guard import page
from dashboard.exports import lists, tables
from dashboard.exports.lists import LISTS
from dashboard.frame import layout, query_errors
from dashboard.pages.exports import asking
from events.accounts import access
from events.models import Project


@page("export.view")
def export_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The lists there are for whoever looks, each in three forms."""
    role = access.role_of(request.user, project)
    offered = [(name, one) for name, one in LISTS.items() if access.is_enough(role, one.role) and not one.needs]
    context = {"lists": offered, "forms": [*tables.FORMS]}
    return layout.draw(request, "dashboard/exports/list.html", context, project=project, section="settings")


@require_safe
@page("list.export", obj="listed")
@query_errors.said
def list_file(request: HttpRequest, project: Project, listed: str, form: str) -> HttpResponseBase:
    """One list as its page is narrowed, from its beginning or, with `after`, from behind the row that it names."""
    if listed not in LISTS or form not in tables.FORMS:
        raise Http404("No such list, or form.")
    wanted = LISTS[listed]
    if not access.has_role(request.user, project, wanted.role):
        raise PermissionDenied(f"This needs the role {wanted.role} in this project.")
    after = lists.cursor(request.GET.get(lists.AFTER, ""))
    try:
        rows = lists.ask(
            wanted, asking.asked(project, request.GET.dict(), user=request.user, now=timezone.now(), after=after)
        )
    except ValueError as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    plain = (row for _, row in rows)
    return tables.answer(form, name=f"{project.slug}-{listed}", columns=[*wanted.columns], rows=plain)
