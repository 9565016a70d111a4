"""The edge that a pipeline waits at: whether its deploy is healthy."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.rules import deploy_gate
from alerts.rules.deploy_gate import Demand
from events.accounts import access
from events.endpoints.cli.base import CliView
from events.models import Deploy


class DeployHealth(CliView):
    """`GET /api/deploys/<id>/health/?minutes=5&requests=10&severity=critical`."""

    action = "deploy.health"

    def get(self, request: Request, deploy_id: int) -> Response:
        deploy = Deploy.objects.select_related("release__project").filter(pk=deploy_id).first()
        if deploy is None:
            raise Http404("No such deploy.")
        self.open_project(deploy.release.project.slug, access.VIEWER)
        return Response(_told(deploy, deploy_gate.health_of(deploy, _demand(request.query_params), now=self.now)))


def _demand(asked: Any) -> Demand:
    """What the address asks for. Raises ValidationError."""
    severity = asked.get("severity", Demand().severity)
    if severity not in deploy_gate.SEVERITIES:
        raise ValidationError(f"severity is one of {', '.join(deploy_gate.SEVERITIES)}.")
    minutes, requests = _number(asked, "minutes", 5, most=24 * 60), _number(asked, "requests", 10, most=1_000_000)
    return Demand(wait=timedelta(minutes=minutes), requests=requests, severity=severity)


def _number(asked: Any, name: str, default: int, *, most: int) -> int:
    given = asked.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) <= most):
        raise ValidationError(f"{name} is a whole number from 0 to {most}.")
    return int(given)


def _told(deploy: Deploy, health: deploy_gate.Health) -> dict[str, Any]:
    signs = health.signs
    return {
        "id": str(deploy.pk),
        "version": deploy.release.version,
        "environment": deploy.environment,
        "state": deploy.state,
        "verdict": health.verdict,
        "detail": health.words,
        "arrived_at": signs.arrived_at,
        "requests": signs.requests,
        "failures": signs.failures.statement if signs.failures else None,
        "release_before": signs.release_before or None,
        "alerts": [
            {"rule": one.rule, "severity": one.severity, "detail": one.words, "at": one.at} for one in signs.fired
        ],
    }
