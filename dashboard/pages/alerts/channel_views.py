"""Where notices go: the channels of a project, their test message and their delivery log."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.delivery import channel_setup, delivery_log, fallback
from alerts.delivery.channels import KINDS
from alerts.delivery.delivery_log import Narrowed
from alerts.forms import ChannelForm
from alerts.models import Channel, Notification
from dashboard.access.guard import page
from dashboard.frame import layout
from events.accounts import access
from events.models import Project


@page("channel.list")
def channel_list(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The channels, whole or broken, and the last messages of all."""
    context = {
        "channels": list(delivery_log.channels(project)),
        "kinds": [(kind, label) for kind, label in Channel.Kind.choices if kind not in _not_offered(request)],
        "log": delivery_log.delivery_log(project, page=20),
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/alerts/channel_list.html", context, project=project, section="alerts")


@page("channel.view", obj="channel_id")
def channel_detail(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    """One channel and its delivery log."""
    channel = _channel(project, channel_id)
    narrowed = replace(Narrowed.of(request.GET.dict()), channel=channel.pk)
    context = {
        "channel": channel,
        "log": delivery_log.delivery_log(project, narrowed=narrowed),
        "status": narrowed.status,
        "statuses": Notification.Status.choices,
        "now": timezone.now(),
    }
    return layout.draw(request, "dashboard/alerts/channel_detail.html", context, project=project, section="alerts")


@page("channel.new", role=access.EDITOR)
def channel_new(request: HttpRequest, project: Project, kind: str) -> HttpResponseBase:
    """The form of one kind, and the channel it makes."""
    if kind not in Channel.Kind.values:
        raise Http404("No such kind of channel.")
    return _form(request, project, _filled(request, kind=kind, project=project))


@page("channel.edit", role=access.EDITOR, obj="channel_id")
def channel_edit(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    """The form of one channel; its secrets can be replaced and not read."""
    return _form(request, project, _filled(request, instance=_channel(project, channel_id)))


@require_POST
@page("channel.enable", role=access.EDITOR, obj="channel_id")
def channel_enable(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    channel = _channel(project, channel_id)
    channel_setup.enable(channel, actor=request.user, now=timezone.now())
    messages.success(request, f"{channel.name} is on.")
    return redirect("dashboard:channel-list", project.slug)


@require_POST
@page("channel.disable", role=access.EDITOR, obj="channel_id")
def channel_disable(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    channel = _channel(project, channel_id)
    channel_setup.disable(channel, reason=fallback.BY_HAND, actor=request.user, now=timezone.now())
    messages.success(request, f"{channel.name} is off.")
    return redirect("dashboard:channel-list", project.slug)


@require_POST
@page("channel.test", role=access.EDITOR, obj="channel_id")
def channel_test(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    """Sends the test message while the person waits, and says what came back."""
    channel = _channel(project, channel_id)
    outcome = channel_setup.test(channel, actor=request.user, now=timezone.now())
    level = messages.SUCCESS if outcome.is_sent else messages.ERROR
    messages.add_message(request, level, f"{channel.name}: {outcome.words}")
    return redirect("dashboard:channel-detail", project.slug, channel.pk)


@require_POST
@page("channel.delete", role=access.EDITOR, obj="channel_id")
def channel_delete(request: HttpRequest, project: Project, channel_id: int) -> HttpResponseBase:
    channel = _channel(project, channel_id)
    channel_setup.delete(channel, actor=request.user, now=timezone.now())
    messages.success(request, f"{channel.name} is deleted.")
    return redirect("dashboard:channel-list", project.slug)


def _channel(project: Project, channel_id: int) -> Channel:
    channels = Channel.objects.filter(project=project).defer("config").select_related("project")
    return get_object_or_404(channels, pk=channel_id)


def _not_offered(request: HttpRequest) -> set[str]:
    """Kinds without a button: those that only go on working, and what this person may not add."""
    has_apprise = settings.OBS_APPRISE and request.user.is_superuser
    return {Channel.Kind.WEBHOOK} | (set() if has_apprise else {Channel.Kind.APPRISE})


def _filled(request: HttpRequest, **about: Any) -> ChannelForm:
    return ChannelForm(request.POST or None, is_superuser=request.user.is_superuser, **about)


def _form(request: HttpRequest, project: Project, form: ChannelForm) -> HttpResponseBase:
    if request.method == "POST" and form.is_valid():
        channel = form.store(project, actor=request.user, now=timezone.now())
        if channel is not None:
            messages.success(request, f"{channel.name} is stored. Send a test message to see that it works.")
            return redirect("dashboard:channel-detail", project.slug, channel.pk)
    context = {"form": form, "channel": form.instance, "where": KINDS[form.instance.kind].WHERE}
    status = 422 if form.errors else 200
    template = "dashboard/alerts/channel_form.html"
    response = layout.draw(request, template, context, project=project, section="alerts", status=status)
    response["Cache-Control"] = "no-store"
    return response
