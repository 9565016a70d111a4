from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.charts import registry
        from dashboard.pages.charts import CHARTS

        registry.register(CHARTS)
