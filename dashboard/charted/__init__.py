"""The charts of performance, by subject: how each is asked for and drawn."""

from dashboard.chart_kinds import Chart
from dashboard.charted import hosts, logs, security

CHARTS: dict[str, Chart] = {**logs.CHARTS, **hosts.CHARTS, **security.CHARTS}
