"""What a posted change says on the page that follows it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest


def told(request: HttpRequest, change: Callable[[], str]) -> bool:
    """Make a change and tell its sentence, or why it was refused (ValidationError). True when it was made."""
    try:
        messages.success(request, change())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    return True
