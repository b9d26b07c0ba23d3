"""Pictures of 1024 x 1024 that nobody could mind: samples of scikit-image, and scenes of ours."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from benchmarks.pdq.survival import generated, photographed
from benchmarks.provenance.scenes import SIDE, picture, prompt
from sluice.hashing import Rgb

SCENES = 40
"""Different compositions, besides some 30 photographs, textures, scans, patterns and drawings."""


def originals(scenes: int = SCENES) -> Mapping[str, Rgb]:
    """By name."""
    found = {**photographed(), **generated()}
    large = {
        name: np.asarray(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
        for name, rgb in found.items()
    }
    return {**large, **{f"scene {number}": picture(prompt(number), 1, 1.0) for number in range(scenes)}}
