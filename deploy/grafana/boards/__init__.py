"""One dashboard per concern."""

from typing import Final

from deploy.grafana.boards import bus, checks, costs, decisions, known_content, overview, signing
from deploy.grafana.dashboard import Dashboard

ALL: Final[tuple[Dashboard, ...]] = (
    overview.BOARD,
    checks.BOARD,
    bus.BOARD,
    decisions.BOARD,
    signing.BOARD,
    known_content.BOARD,
    costs.BOARD,
)
