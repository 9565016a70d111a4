"""What two people name alike in the same moment: the second is told, as if the first had been there before.

Forms ask whether a name is free before they store it; between the two the database's own constraint decides.
"""

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from dashboard.pages.system import error_views

UNIQUE_VIOLATION = "23505"


class TakenMeanwhile:
    """Answers 409 where a unique constraint refused what a view stored; any other fault stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refused = isinstance(exception, IntegrityError) and exception.__cause__
        if getattr(refused, "sqlstate", None) != UNIQUE_VIOLATION:
            return None
        return error_views.taken(request)
