"""Changing one's own password."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from dashboard.access import confirmation
from dashboard.access.guard import site_page
from dashboard.frame import layout
from events.accounts import audit, projects


class PasswordForm(PasswordChangeForm):
    """Django's form; the old password is asked for as at the login, so that guesses are counted there."""

    ends_tokens = forms.BooleanField(required=False)

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(cast(User, request.user), data)
        self.request = request

    def clean_old_password(self) -> str:
        given = str(self.cleaned_data["old_password"])
        if not confirmation.knows_password(self.request, given):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return given


@sensitive_post_parameters()
@site_page("password.view")
def password(request: HttpRequest) -> HttpResponseBase:
    """The form; a good new password ends this person's other logins, and their tokens if they ask for it."""
    form = PasswordForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        with transaction.atomic():
            form.save()
            if form.cleaned_data["ends_tokens"]:
                projects.revoke_tokens(request.user, actor=request.user, now=now)
            detail = {"tokens_ended": form.cleaned_data["ends_tokens"]}
            audit.record("password.change", actor=request.user, obj=("user", request.user.pk), detail=detail, now=now)
        update_session_auth_hash(request, form.user)
        told = "other logins and the API tokens" if form.cleaned_data["ends_tokens"] else "other logins"
        messages.success(request, f"The password is changed; {told} of yours have ended.")
        return redirect("dashboard:account")
    return layout.draw(request, "dashboard/account/password.html", {"form": form}, section="account")
