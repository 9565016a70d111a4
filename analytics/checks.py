"""What must hold before analytics runs."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from analytics.statistics import scores


def vitals_weights(**_: Any) -> list[CheckMessage]:
    """analytics.E001: OBS_VITALS_WEIGHTS cannot be read."""
    try:
        scores.weights(settings.OBS_VITALS_WEIGHTS)
    except ValueError:
        hint = "Write metric=weight pairs, as in LCP=30,INP=30,CLS=25,FCP=15."
        return [Error("OBS_VITALS_WEIGHTS cannot be read.", hint=hint, id="analytics.E001")]
    return []
