"""Feature flags: the list, one flag with its history, and the forms that change it."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from analytics.flags import answers, asking, books, changing, evaluation
from analytics.flags.evaluation import Verdict
from analytics.guards import guarding
from analytics.models import Audience, Flag, FlagBook, FlagGuard, FlagOverride, FlagVersion
from dashboard.access.compression import compressed
from dashboard.access.guard import page
from dashboard.frame import changes, empty_states, layout
from dashboard.pages.flags import drafts, lists, presenting
from dashboard.pages.flags.drafts import Draft
from events.accounts import access
from events.models import Project
from events.runtime import together
from events.values.errors import Malformed

PAGE = 25
NEW = Draft({"runtime": "all"})


@compressed
@page("flag.list")
def flag_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The flags by key; those of the archive by themselves."""
    query, is_archive = request.GET.get("q", "").strip()[:200], request.GET.get("archive") == "1"
    found = lists.found(project, query=query, is_archive=is_archive)
    listed = Paginator(found.order_by("key"), PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "lines": presenting.lines(list(listed.object_list), now=now),
        "listed": listed,
        "query": query,
        "is_archive": is_archive,
        "has_any": bool(listed.object_list) or project.flags.exists(),
        "audience_count": project.audiences.count(),
        "start": empty_states.of(project, "flags", now=now),
    }
    return layout.draw(request, "dashboard/flags/list.html", context, project=project, section="flags")


@page("flag.view", obj="flag_id")
def flag_detail(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """One flag: whom it reaches, what was answered, overrides, and what it was before."""
    return _detail(request, project, _flag(project, flag_id))


@require_POST
@page("flag.try", obj="flag_id")
def flag_try(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """What somebody would get, by the flag as it is stored; nothing of it is kept or counted."""
    flag = _flag(project, flag_id)
    typed = {name: request.POST.get(name, "").strip()[:5000] for name in ("distinct_id", "properties", "groups")}
    tried: dict[str, Any] = {"typed": typed}
    try:
        tried["verdict"] = _tried(flag, typed)
        tried["words"] = answers.reason_words(tried["verdict"])
    except (ValueError, Malformed) as error:
        tried["problem"] = str(error) or "Name somebody."
    return _detail(request, project, flag, tried=tried, status=422 if "problem" in tried else 200)


def _tried(flag: Flag, typed: dict[str, str]) -> Verdict:
    sent = {"distinct_id": typed["distinct_id"]}
    for name, field in (("properties", "person_properties"), ("groups", "groups")):
        try:
            sent[field] = json.loads(typed[name] or "{}")
        except ValueError:
            raise ValueError(f"{name.capitalize()} is a JSON object.") from None
    asked = asking.of_posthog({**sent, "group_properties": _of_groups(sent)}, is_page=False)
    book = books.read(flag.project_id)
    if flag.key not in book.flags:
        raise ValueError("An archived flag is answered to nobody.")
    subject = asking.subject(book, asked)
    return evaluation.evaluate(book, subject, now=timezone.now(), keys=[flag.key])[flag.key]


def _of_groups(sent: dict[str, Any]) -> dict[str, Any]:
    """The properties typed stand for those of the groups, too."""
    groups = sent["groups"] if isinstance(sent["groups"], dict) else {}
    return {str(name): sent["person_properties"] for name in groups}


@page("flag.new", role=access.EDITOR)
def flag_new(request: HttpRequest, project: Project) -> HttpResponseBase:
    return _form(request, project, None)


@page("flag.edit", role=access.EDITOR, obj="flag_id")
def flag_edit(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    return _form(request, project, _flag(project, flag_id))


@require_POST
@page("flag.switch", role=access.EDITOR, obj="flag_id")
def flag_switch(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """On, or off: the quickest way out."""
    is_active = request.POST.get("is_active") == "1"
    flag = changing.switch(_flag(project, flag_id), is_active=is_active, actor=request.user, now=timezone.now())
    messages.success(request, f"{flag.key} is {'on' if flag.is_active else 'off'}, everywhere within a second.")
    return redirect("dashboard:flag", project.slug, flag.pk)


@require_POST
@page("flag.guard", role=access.EDITOR, obj="flag_id")
def flag_guard(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """How many of those who get it may meet an error, before it goes off by itself."""
    flag = _flag(project, flag_id)

    def change() -> str:
        guard = guarding.put(flag, request.POST.get("most_percent", "")[:20], actor=request.user, now=timezone.now())
        return f"{flag.key} is guarded." if guard else f"{flag.key} is not guarded any more."

    return _changed(request, flag, change)


@require_POST
@page("flag.return", role=access.EDITOR, obj="flag_id")
def flag_return(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """The flag as it was in a version."""
    number = request.POST.get("number", "")
    flag = _flag(project, flag_id)
    version = get_object_or_404(
        FlagVersion, flag=flag, number=int(number) if number.isdecimal() and len(number) < 9 else 0
    )

    def change() -> str:
        changing.go_back(flag, version.number, actor=request.user, now=timezone.now())
        return f"{flag.key} is as it was in version {version.number}."

    return _changed(request, flag, change)


@require_POST
@page("flag.archive", role=access.EDITOR, obj="flag_id")
def flag_archive(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    flag = _flag(project, flag_id)

    def change() -> str:
        changing.archive(flag, actor=request.user, now=timezone.now())
        return f"{flag.key} is archived: nobody gets it, and its history stays."

    return _changed(request, flag, change)


@require_POST
@page("flag.revive", role=access.EDITOR, obj="flag_id")
def flag_revive(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    flag = _flag(project, flag_id)

    def change() -> str:
        changing.revive(flag, actor=request.user, now=timezone.now())
        return f"{flag.key} is back, switched off."

    return _changed(request, flag, change)


@require_POST
@page("flag.delete", role=access.OWNER, obj="flag_id")
def flag_delete(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    flag = _flag(project, flag_id)

    def change() -> str:
        changing.delete(flag, actor=request.user, now=timezone.now())
        return f"{flag.key} is deleted."

    if changes.told(request, change):
        return redirect("dashboard:flag-list", project.slug)
    return redirect("dashboard:flag", project.slug, flag_id)


@require_POST
@page("flag.override", role=access.EDITOR, obj="flag_id")
def flag_override(request: HttpRequest, project: Project, flag_id: int) -> HttpResponseBase:
    """What one person gets from now on."""
    flag = _flag(project, flag_id)
    typed = {name: request.POST.get(name, "").strip()[:400] for name in ("distinct_id", "value", "note")}

    def change() -> str:
        value = {"true": True, "false": False}.get(typed["value"], typed["value"])
        changing.put_override(
            flag, typed["distinct_id"], value, note=typed["note"], actor=request.user, now=timezone.now()
        )
        return "From now on, that person gets it so."

    return _changed(request, flag, change)


@require_POST
@page("flag.override_drop", role=access.EDITOR, obj="override_id")
def flag_override_drop(request: HttpRequest, project: Project, override_id: int) -> HttpResponseBase:
    override = get_object_or_404(
        FlagOverride.objects.select_related("flag__project"), flag__project=project, pk=override_id
    )

    def change() -> str:
        changing.drop_override(override, actor=request.user, now=timezone.now())
        return "That person gets what the conditions say."

    return _changed(request, override.flag, change)


def _flag(project: Project, flag_id: int) -> Flag:
    return get_object_or_404(Flag.objects.select_related("project"), project=project, pk=flag_id)


def _changed(request: HttpRequest, flag: Flag, change: Callable[[], str]) -> HttpResponseBase:
    """Change something, and say on the flag's page how that went."""
    changes.told(request, change)
    return redirect("dashboard:flag", flag.project.slug, flag.pk)


def _detail(
    request: HttpRequest, project: Project, flag: Flag, *, tried: dict[str, Any] | None = None, status: int = 200
) -> HttpResponseBase:
    now = timezone.now()
    read = books.of_row(flag)
    listed = together.asked(
        guard=FlagGuard.objects.filter(flag=flag),
        overrides=flag.overrides.all(),
        versions=flag.versions.select_related("by")[: presenting.VERSIONS + 1],
        audiences=Audience.objects.filter(project=project).only("name"),
        others=changing.others(flag),
    )
    context = {
        "flag": flag,
        "line": presenting.lines([flag], now=now)[0],
        "conditions": presenting.conditions(flag, audiences=listed["audiences"]),
        "shares": presenting.shares(flag, now=now),
        "came_of": presenting.came_of(flag, now=now),
        "guard": next(iter(listed["guard"]), None),
        "read": read,
        "group_type": changing.group_type_of(flag),
        "overrides": listed["overrides"],
        "values": ["true", "false", *(name for name, _ in read.variants)],
        "versions": presenting.versions(listed["versions"]),
        "leaning": changing.leaning(flag, among=listed["others"]),
        "tried": tried,
    }
    return layout.draw(request, "dashboard/flags/page.html", context, project=project, section="flags", status=status)


def _form(request: HttpRequest, project: Project, flag: Flag | None) -> HttpResponseBase:
    draft = drafts.of_post(request.POST.dict()) if request.method == "POST" else drafts.of_flag(flag) if flag else NEW
    errors: list[str] = []
    if request.method == "POST":
        add = request.POST.get("add", "")
        if add:
            draft = draft.grown(add)
        else:
            try:
                stored = _store(request, project, flag, draft)
            except ValidationError as error:
                errors = error.messages
            else:
                messages.success(request, f"{stored.key} is stored, and answered so within a second.")
                return redirect("dashboard:flag", project.slug, stored.pk)
    shared = FlagBook.objects.filter(pk=project.pk).first()
    context = {
        "flag": flag,
        "draft": draft,
        "errors": errors,
        "operators": drafts.CHOICES,
        "runtimes": Flag.Runtime.choices,
        "audiences": list(project.audiences.values_list("name", flat=True)),
        "group_types": shared.group_types if shared else [],
    }
    status = 422 if errors else 200
    return layout.draw(request, "dashboard/flags/form.html", context, project=project, section="flags", status=status)


def _store(request: HttpRequest, project: Project, flag: Flag | None, draft: Draft) -> Flag:
    audiences = {name: pk for pk, name in Audience.objects.filter(project=project).values_list("pk", "name")}
    wanted, note = drafts.wanted(draft, audiences), draft.texts.get("note", "")
    now = timezone.now()
    if flag is None:
        return changing.create(project, draft.texts.get("key", ""), wanted, note=note, actor=request.user, now=now)
    based_on = draft.texts.get("based_on", "")
    number = int(based_on) if based_on.isdecimal() and len(based_on) < 9 else None
    return changing.update(flag, wanted, based_on=number, note=note, actor=request.user, now=now)
