from django.apps import AppConfig
from django.core.checks import register


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import checks
        from analytics.flags import counting
        from events.ingest import background

        register(checks.vitals_weights)
        background.also.append(counting.tally.flush)
