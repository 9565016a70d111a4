from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.charts import registry
        from dashboard.exports import lists
        from dashboard.pages.charts import CHARTS
        from dashboard.pages.lists import LISTS

        registry.register(CHARTS)
        lists.register(LISTS)
