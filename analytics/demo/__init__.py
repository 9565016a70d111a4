"""What the demo's shop tries on its visitors, a flag with two variants and an experiment that runs; and its aims."""

from __future__ import annotations

from datetime import datetime, timedelta

from analytics.demo import aims
from analytics.experiments import changing
from analytics.flags import changing as flags
from analytics.flags.checking import Wanted
from analytics.models import Experiment
from events.demo.visitors import FLAG, VARIANTS
from events.models import Project

ACTOR = "seed_demo"
LONGEST = timedelta(days=10)
METRICS = [
    {"name": "Orders", "kind": "conversion", "event": "order paid", "hours": 24},
    {"name": "Revenue", "kind": "mean", "event": "order paid", "property": "total", "hours": 24},
    {"name": "Baskets opened", "kind": "conversion", "event": "basket opened", "hours": 24, "is_guardrail": True},
    {"name": "Errors", "kind": "errors", "hours": 24, "is_guardrail": True},
]


def run(project: Project, *, since: datetime, now: datetime) -> Experiment | None:
    """The experiment, started ten days ago or with the demo; None where the project has flags of its own."""
    aims.set_up(project, actor=ACTOR, now=now)
    if project.flags.exists():
        return None
    began = max(since, now - LONGEST)
    variants = [{"key": name, "rollout_percentage": 50} for name in VARIANTS]
    filters = {"groups": [{"rollout_percentage": 100}], "multivariate": {"variants": variants}}
    wanted = Wanted(filters=filters, description="Paying on one page", is_active=True)
    flag = flags.create(project, FLAG, wanted, actor=ACTOR, now=began)
    made = Experiment(project=project, flag=flag, key=FLAG, created_at=began)
    about = {
        "name": "A shorter checkout", "control": VARIANTS[0], "planned_effect": 0.2, "metrics": METRICS,
        "hypothesis": "Who sees address and payment on one page gives up less often.",
    }  # fmt: skip
    changing.put(made, about, actor=ACTOR, now=began)
    return changing.start(made, actor=ACTOR, now=began)
