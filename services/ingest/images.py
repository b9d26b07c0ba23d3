"""How many pictures came, by stage: what costs are told by, for pictures are what takes time."""

from typing import Final

from sluice.telemetry.metrics import Metrics
from sluice.v1.contents_pb2 import Contents
from sluice.v1.request_pb2 import STAGE_OUTPUT, STAGE_PROMPT

_STAGES: Final = {STAGE_PROMPT: "PROMPT", STAGE_OUTPUT: "OUTPUT"}


class ImageCounts:
    """Counts the pictures of requests. Both counters begin at 0."""

    def __init__(self, metrics: Metrics) -> None:
        about = "Pictures of requests that could be read; further views of one are not counted."
        self._read = {stage: metrics.counter("images", about, {"stage": name}) for stage, name in _STAGES.items()}

    def read(self, contents: Contents) -> None:
        """A contents record is made. Nobody judges a request of no known stage, so its pictures are not read."""
        found = self._read.get(contents.stage)
        if found is None:
            return
        for content in contents.contents:
            if content.HasField("image") and not content.view_of:
                found.inc()
