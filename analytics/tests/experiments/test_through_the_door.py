"""What PostHog's SDKs send of a flag and of a payment is an exposure and a conversion."""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from analytics.experiments import plans, results
from analytics.questions.variants import experiments
from analytics.tests.experiments import make
from events.digest import loop
from events.models import IngestKey, Project


def test_an_exposure_and_a_payment_arrive(key: IngestKey, project: Project) -> None:
    now = timezone.now()
    Project.objects.filter(pk=project.pk).update(analytics="identified")
    made = make.running(project, now=now, metrics=[{"name": "Revenue", "kind": "mean", "event": "paid",
                                                    "property": "total", "hours": 24}])  # fmt: skip

    def sent(name: str, who: str, minutes: int, **properties: Any) -> dict[str, Any]:
        at = now - timedelta(minutes=minutes)
        about = {"$lib": "posthog-python", "$lib_version": "7.0.0", **properties}
        return {"event": name, "distinct_id": who, "uuid": str(uuid.uuid4()), "timestamp": at.isoformat(),
                "properties": about}  # fmt: skip

    def called(who: str, variant: Any) -> dict[str, Any]:
        said = {"$feature_flag": "basket", "$feature_flag_response": variant, "$feature/basket": variant}
        return sent("$feature_flag_called", who, 30, **said, locally_evaluated=True)

    batch = [
        called("ada", "test"), sent("paid", "ada", 20, total=12.5), sent("paid", "ada", 40, total=99),
        called("bob", "control"), called("eve", False), called("kim", "test"), called("kim", "control"),
    ]  # fmt: skip
    body = json.dumps({"api_key": key.public_key, "batch": batch, "sentAt": now.isoformat()})
    assert Client().post("/batch/", body, content_type="application/json").status_code == 200
    while loop.run(now=timezone.now()).items:
        pass
    found = results.of(made, now=timezone.now())
    assert (found.people, found.several) == (2, 1)
    assert [arm[:2] for arm in found.split.arms] == [("control", 1), ("test", 1)]
    (revenue,) = plans.metrics_of(made.metrics)
    period = results.period_of(made, now=timezone.now())
    cells = experiments.measured(project.pk, "basket", revenue.measure, period=period, now=timezone.now())
    assert {variant: (own.mean, own.beside) for (_, variant), own in cells.items()} == {
        "control": (0.0, 0.0), "test": (12.5, 99.0),
    }  # fmt: skip
