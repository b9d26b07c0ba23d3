"""Where the loop reads: of each partition number the two lanes of contents, and the verdicts. Pure."""

from collections.abc import Mapping

from orchestrator.flow import Flow
from orchestrator.marks import LANES
from orchestrator.pending import Partition
from sluice.bus.stalls import Key
from sluice.bus.topics import Topic


def positions(partitions: Mapping[int, Partition], flows: Mapping[int, Flow]) -> dict[Key, int]:
    """The next offset of everything that is to be read now."""
    found: dict[Key, int] = {}
    for number, partition in partitions.items():
        reads = flows[number]
        for topic, lane in LANES.items():
            if lane in reads.lanes:
                found[topic, number] = partition.next_contents(lane)
        if reads.verdicts:
            found[Topic.VERDICTS, number] = partition.next_verdict
    return found
