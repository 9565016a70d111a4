"""The one guard of what a person confirms with their password while logged in."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from events.accounts import logins
from events.values import addresses


def knows_password(request: HttpRequest, password: str) -> bool:
    """Whether `password` is that of whoever is logged in; asked as at the login.

    So guesses are counted and locked out as there, by name and network, and a locked out request is answered 429
    (AXES_LOCKOUT_CALLABLE) whatever the page made of this answer.
    """
    name = request.user.get_username()
    user = authenticate(request, username=name, password=password)
    if user is None or user.pk != request.user.pk:
        return False
    logins.note_success(name, address=addresses.of_request(request))
    return True
