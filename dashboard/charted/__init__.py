"""The charts of performance, by subject: how each is asked for and drawn."""

from dashboard.chart_kinds import Chart
from dashboard.charted import hosts, logs, queries, requests, security, vitals

CHARTS: dict[str, Chart] = {
    **requests.CHARTS,
    **queries.CHARTS,
    **vitals.CHARTS,
    **logs.CHARTS,
    **hosts.CHARTS,
    **security.CHARTS,
}
