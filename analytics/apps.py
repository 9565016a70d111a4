from django.apps import AppConfig
from django.core.checks import register


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import checks

        register(checks.vitals_weights)
