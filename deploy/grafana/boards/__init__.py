"""One dashboard per concern."""

from typing import Final

from deploy.grafana.boards import bus, checks, costs, decisions, gateway, known_content, overview, reports, signing
from deploy.grafana.dashboard import Dashboard

ALL: Final[tuple[Dashboard, ...]] = (
    overview.BOARD,
    checks.BOARD,
    bus.BOARD,
    decisions.BOARD,
    signing.BOARD,
    known_content.BOARD,
    reports.BOARD,
    gateway.BOARD,
    costs.BOARD,
)
