"""Grafana dashboards, made from code: `python -m deploy.grafana` writes dashboards/*.json, which are committed."""
