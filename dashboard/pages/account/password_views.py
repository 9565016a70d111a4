"""Changing one's own password."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from dashboard.access.guard import site_page
from dashboard.frame import layout
from events.accounts import audit


@sensitive_post_parameters()
@site_page("password.view")
def password(request: HttpRequest) -> HttpResponseBase:
    """The form; a good new password ends this person's other logins and gives this one a new name."""
    form = PasswordChangeForm(cast(User, request.user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, form.user)
        audit.record("password.change", actor=request.user, obj=("user", request.user.pk), now=timezone.now())
        messages.success(request, "The password is changed; other logins of yours have ended.")
        return redirect("dashboard:account")
    return layout.draw(request, "dashboard/account/password.html", {"form": form}, section="account")
