"""The demo's bad day as alerts see it: rules that fire, an incident that is looked after, a status page."""
