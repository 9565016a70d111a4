"""Alerts that others send: Alertmanager's and Grafana's webhooks, kept, routed and silenced like ours."""
