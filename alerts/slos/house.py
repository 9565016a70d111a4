"""The objectives of the house, to begin with: errors, slowness and uptime."""

from __future__ import annotations

from alerts.models import Objective
from alerts.slos.setup import Promise

HOUSE = (
    Promise(name="Fewer than 0.5 % of requests fail", indicator=Objective.Indicator.AVAILABILITY, target=99.5),
    Promise(
        name="Pages show within 1.5 s", indicator=Objective.Indicator.LCP, threshold_ms=1500, target=95, min_bad=20
    ),
    Promise(name="Uptime 99.9 %", indicator=Objective.Indicator.UPTIME, target=99.9, min_total=30, min_bad=2),
)
