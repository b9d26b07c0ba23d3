"""A broker for tests that want one to themselves."""

import os
from pathlib import Path

from sluice.local.kafka import Broker, start_broker

FLAGS = ("-XX:TieredStopAtLevel=1",)
"""Compiles less and so starts sooner; a long-lived broker would be slower for it."""


def quick_broker(data: Path) -> Broker:
    """Starts one on `data`; its log lies beside."""
    data.mkdir(exist_ok=True)
    return start_broker(data, data.with_suffix(".log"), os.environ, print, FLAGS)
