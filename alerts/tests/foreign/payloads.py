"""What senders send, as their documentation shows it."""

from typing import Any

# https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
ALERTMANAGER: dict[str, Any] = {
    "version": "4",
    "groupKey": '{}:{alertname="DiskWillFillIn4Hours"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "formaos",
    "groupLabels": {"alertname": "DiskWillFillIn4Hours"},
    "commonLabels": {"alertname": "DiskWillFillIn4Hours", "severity": "critical"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager:9093",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskWillFillIn4Hours", "instance": "web-1:9100", "severity": "critical"},
            "annotations": {"summary": "The disk of web-1 is full in four hours", "description": "8 % left"},
            "startsAt": "2026-11-27T09:58:03.714Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=node_filesystem_free_bytes",
            "fingerprint": "3f1c9f3e5b7d1a22",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "DiskWillFillIn4Hours", "instance": "web-2:9100", "severity": "critical"},
            "annotations": {"summary": "The disk of web-2 is full in four hours"},
            "startsAt": "2026-11-27T09:50:33Z",
            "endsAt": "2026-11-27T10:02:33Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=node_filesystem_free_bytes",
            "fingerprint": "3f1c9f3e5b7d1a23",
        },
    ],
}

WATCHDOG: dict[str, Any] = {
    **ALERTMANAGER,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Watchdog", "severity": "none"},
            "annotations": {"summary": "This alert always fires, so that its silence is noticed."},
            "startsAt": "2026-11-20T09:50:33Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=vector%281%29",
            "fingerprint": "e25963d69425c836",
        }
    ],
}

# https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
GRAFANA: dict[str, Any] = {
    "receiver": "My Super Webhook",
    "status": "firing",
    "orgId": 1,
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
            "annotations": {
                "description": "The system has high memory usage",
                "runbook_url": "https://myrunbook.com/runbook/1234",
                "summary": "Memory of web-1 is at 94 %",
            },
            "startsAt": "2026-11-27T09:51:03.157076+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://play.grafana.org/alerting/silence/new?alertmanager=grafana",
            "dashboardURL": "",
            "panelURL": "",
            "imageURL": "",
            "values": {"B": 44.23943737541908, "C": 1},
            "valueString": "[ metric='' labels={} value=44.239 ]",
        }
    ],
    "groupLabels": {},
    "commonLabels": {"team": "blue"},
    "commonAnnotations": {},
    "externalURL": "https://play.grafana.org/",
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:1]  (High memory usage blue us-1)",
    "state": "alerting",
    "message": "**Firing**",
}
