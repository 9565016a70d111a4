"""What a project is set to: its keys and its people. Looking is for editors, changing for owners."""

from typing import Any

from django.conf import settings as configured
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.access.guard import page
from dashboard.frame import layout
from dashboard.pages.issues import source_links
from dashboard.pages.project import inviting, privacy
from events.accounts import access, dsn, invitations, projects, sites
from events.endpoints import browser_settings
from events.models import IngestKey, Invitation, Membership, Project, SiteName

_NOBODY = "There is nobody called “{}” here. Write the name they log in with, or invite them below."


@page("settings.view", role=access.EDITOR)
def settings(request: HttpRequest, project: Project) -> HttpResponseBase:
    """The keys, the people and the rules of a project."""
    return _shown(request, project)


@require_POST
@page("invitation.create", role=access.OWNER)
def settings_invite(request: HttpRequest, project: Project) -> HttpResponseBase:
    """A new invitation; its link is on this answer and never again."""
    role, email = request.POST.get("role", ""), request.POST.get("email", "").strip()[:254]
    try:
        words, link = inviting.invite(project, role=role, email=email, actor=request.user, now=timezone.now())
        messages.success(request, words)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("dashboard:settings", project.slug)
    response = _shown(request, project, invitation_link=link)
    response["Cache-Control"] = "no-store"
    return response


def _shown(request: HttpRequest, project: Project, *, invitation_link: str = "") -> HttpResponseBase:
    keys = [(key, dsn.of(key, base_url=configured.OBS_PUBLIC_URL)) for key in project.keys.all()]
    members = Membership.objects.filter(project=project).select_related("user").order_by("user__username")
    context = {
        "keys": keys, "members": members, "roles": Membership.Role.values, "now": timezone.now(),
        "rate": project.rate_per_minute or configured.OBS_KEY_RATE_PER_MINUTE,
        "kept": project.kept_occurrences or configured.OBS_KEPT_OCCURRENCES,
        "retention": configured.OBS_RETENTION_DAYS, "browser": browser_settings.of_project(project),
        "own_features": browser_settings.OWN_FEATURES, "privacy": privacy.shown(project),
        "sites": project.site_names.all(), "invitation_link": invitation_link, "role_words": inviting.ROLES,
        "invitations": invitations.open_ones(project, now=timezone.now()).select_related("created_by"),
    }  # fmt: skip
    return layout.draw(request, "dashboard/project/settings.html", context, project=project, section="settings")


@require_POST
@page("settings.change", role=access.OWNER)
def settings_change(request: HttpRequest, project: Project) -> HttpResponseBase:
    """One change of keys or people; the settings are shown again."""
    try:
        messages.success(request, _change(project, request.POST, actor=request.user))
    except ValidationError as error:
        for line in error.messages:
            messages.error(request, line)
    return redirect("dashboard:settings", project.slug)


def _change(project: Project, posted: Any, *, actor: Any) -> str:
    now, action = timezone.now(), posted.get("action", "")
    if action == "key_create":
        projects.create_key(project, label=posted.get("label", "").strip(), actor=actor, now=now)
        return "A new key is ready."
    if action in ("key_rotate", "key_disable", "key_enable", "key_limits"):
        key = get_object_or_404(IngestKey, project=project, pk=_integer(posted.get("key", "")))
        if action == "key_rotate":
            projects.rotate_key(key, actor=actor, now=now)
            return "The new key works now; the old one goes on for a while."
        if action == "key_limits":
            rate = posted.get("rate", "").strip()
            origins = [
                line.strip() for line in posted.get("origins", "").replace(",", "\n").splitlines() if line.strip()
            ]
            projects.change_key(
                key, rate_per_minute=_integer(rate) if rate else None, clears_rate=not rate, allowed_origins=origins,
                actor=actor, now=now,
            )  # fmt: skip
            return "The key has its new limits."
        projects.change_key(key, is_active=action == "key_enable", actor=actor, now=now)
        return "The key works again." if action == "key_enable" else "The key is refused from now on."
    if action == "site_add":
        return f"{sites.add(project, posted.get('name', ''), actor=actor, now=now)} belongs to this project now."
    if action == "site_remove":
        site = get_object_or_404(SiteName, project=project, pk=_integer(posted.get("site", "")))
        sites.remove(site, actor=actor, now=now)
        return f"Nothing comes in under {site} any more."
    if action == "privacy":
        changed = projects.change_privacy(project, switches=privacy.posted(posted), actor=actor, now=now)
        return "Senders follow within half a minute." if changed else "Nothing was changed."
    if action == "source":
        address, root = (posted.get(name, "").replace("\x00", "").strip() for name in ("source_url", "source_root"))
        projects.change_source(project, url=source_links.pattern_of(address), root=root, actor=actor, now=now)
        return "Frames lead to their lines." if address else "Frames lead nowhere."
    if action == "browser":
        browser_settings.change(
            project, is_on=posted.get("on") == "1", needs_consent=posted.get("consent") == "1",
            features=_features(posted.getlist("feature"), posted.getlist("share")), actor=actor, now=now,
        )  # fmt: skip
        return "Every page follows within a minute."
    if action == "invitation_revoke":
        number = _integer(posted.get("invitation", ""))
        invitations.revoke(get_object_or_404(Invitation, project=project, pk=number), actor=actor, now=now)
        return "Nobody can join by that link any more."
    if action in ("member_role", "member_remove"):
        user = get_user_model().objects.filter(username=posted.get("username", "")[:150]).first()
        if user is None:
            raise ValidationError(_NOBODY.format(posted.get("username", "")[:60]))
        if action == "member_remove":
            projects.remove_member(project, user, actor=actor, now=now)
            return f"{user.get_username()} is a stranger to this project now."
        membership = projects.set_role(project, user, posted.get("role", ""), actor=actor, now=now)
        return f"{user.get_username()} is {membership.role} now."
    raise ValidationError("Choose what to change.")


def _features(names: list[str], shares: list[str]) -> dict[str, float]:
    """The percentages of a form; a line without a name counts as not there."""
    features = {}
    for name, share in zip(names, shares, strict=False):
        if name.strip():
            try:
                features[name.strip()] = float(share.strip().replace(",", "."))
            except ValueError:
                raise ValidationError(f"{name.strip()[:40]}: a share is 0 to 100 percent") from None
    return features


def _integer(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValidationError("Write a whole number, such as 600.")
    return int(text)
