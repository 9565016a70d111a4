"""The lists of all pages. A subject with lists adds one line to `SUBJECTS`."""

from dashboard.exports.lists import Listed
from dashboard.pages.alerts import lists as alerts
from dashboard.pages.analytics import lists as analytics
from dashboard.pages.audit import lists as audit
from dashboard.pages.boards import lists as boards
from dashboard.pages.experiments import lists as experiments
from dashboard.pages.flags import lists as flags
from dashboard.pages.hosts import lists as hosts
from dashboard.pages.incidents import lists as incidents
from dashboard.pages.insights import lists as insights
from dashboard.pages.issues import lists as issues
from dashboard.pages.logs import lists as logs
from dashboard.pages.monitors import lists as monitors
from dashboard.pages.performance import lists as performance
from dashboard.pages.persons import lists as persons
from dashboard.pages.project import lists as project
from dashboard.pages.releases import lists as releases
from dashboard.pages.reports import lists as reports
from dashboard.pages.scorecard import lists as scorecard
from dashboard.pages.security import lists as security
from dashboard.pages.slos import lists as slos
from dashboard.pages.status import lists as status
from dashboard.pages.traces import lists as traces
from dashboard.pages.uptime import lists as uptime
from dashboard.pages.vitals import lists as vitals

SUBJECTS = (
    issues, releases, performance, vitals, traces, logs, hosts, security, analytics, insights, boards, persons,
    incidents, alerts, monitors, uptime, slos, flags, experiments, project, audit, scorecard, reports, status,
)  # fmt: skip

LISTS: dict[str, Listed] = {name: one for subject in SUBJECTS for name, one in subject.LISTS.items()}
