"""The tables of analytics: what was counted from the facts, and what people set up to be decided by."""

from analytics.models.actions import Action
from analytics.models.experiments import Experiment
from analytics.models.flags import Audience, Flag, FlagBook, FlagGuard, FlagHour, FlagOverride, FlagPlace, FlagVersion
from analytics.models.goals import Goal
from analytics.models.privacy import Erasure
from analytics.models.rollups import Bucket, FillState, Series

__all__ = [
    "Action", "Audience", "Bucket", "Erasure", "Experiment", "FillState", "Flag", "FlagBook", "FlagGuard", "FlagHour",
    "FlagOverride", "FlagPlace", "FlagVersion", "Goal", "Series",
]  # fmt: skip
