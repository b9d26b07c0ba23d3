"""Ordinary pictures that nobody could mind."""

from collections.abc import Sequence

from sluice.samples import patterns, scenes
from sluice.samples.sample import Sample, sample


def pictures() -> Sequence[Sample]:
    """Eight pictures of different kinds and shapes; the longest side is 1280 pixels, each PNG below 256 KiB."""
    return (
        sample("landscape", scenes.landscape(768, 1024)),
        sample("skyline", scenes.skyline(720, 1280)),
        sample("cottage", scenes.cottage(512, 768)),
        sample("dunes", scenes.dunes(400, 600)),
        sample("plasma", patterns.plasma(512, 512)),
        sample("julia", patterns.julia(480, 640)),
        sample("mosaic", patterns.mosaic(640, 480)),
        sample("shapes", patterns.shapes(600, 800)),
    )
