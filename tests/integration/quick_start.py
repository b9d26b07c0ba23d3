"""A broker for tests that want one to themselves."""

import os
from pathlib import Path

from sluice.local.kafka import QUICK_START, Broker, start_broker


def quick_broker(data: Path) -> Broker:
    """Starts one on `data`; its log lies beside."""
    data.mkdir(exist_ok=True)
    return start_broker(data, data.with_suffix(".log"), os.environ, print, QUICK_START)
