"""The charts of all pages. A subject with charts adds one line to `SUBJECTS`."""

from dashboard.charts.definition import Chart
from dashboard.pages.analytics import charts as analytics
from dashboard.pages.hosts import charts as hosts
from dashboard.pages.insights import charts as insights
from dashboard.pages.issues import charts as issues
from dashboard.pages.logs import charts as logs
from dashboard.pages.performance import charts as performance
from dashboard.pages.performance import query_charts as queries
from dashboard.pages.releases import charts as releases
from dashboard.pages.security import charts as security
from dashboard.pages.vitals import charts as vitals

SUBJECTS = (issues, releases, performance, queries, vitals, logs, hosts, security, analytics, insights)

CHARTS: dict[str, Chart] = {name: chart for subject in SUBJECTS for name, chart in subject.CHARTS.items()}
