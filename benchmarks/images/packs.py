"""The two models that are served: the one that is shipped, and a vision transformer of the size that operators have.

The transformer has random weights. Nothing that it says means anything; what it costs is what ViT-B/16 costs.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sluice.models import nsfw
from sluice.models.add.run import add
from sluice.models.add.source import find
from sluice.models.add.wishes import Wishes, read_share
from tests.unit.vit import B16, Shape, write_folder

VIT = "vit_b16"


@dataclass(frozen=True, slots=True)
class Pack:
    """A model to measure. `weight`: how many times less of it there is to do in a round than of the smallest."""

    name: str
    key: str
    title: str
    weight: int


PACKS = (Pack(nsfw.NAME, "mobilenet", "nsfw_mobilenet", 1), Pack(VIT, "vit", "ViT-B/16", 16))


def lay_out(models: Path, out: Path, say: Callable[[str], None], shape: Shape = B16) -> None:
    """A repository in `out` with both: the shipped one by a link to the repository `models`, the transformer as
    `sluice models add` makes it. It takes half a minute and 350 MB."""
    out.mkdir(parents=True)
    (out / nsfw.NAME).symlink_to(models / nsfw.NAME)
    with TemporaryDirectory(prefix="sluice-benchmark-") as scratch:
        found = find(write_folder(Path(scratch) / "published", shape))
        wishes = Wishes(shares=(read_share("nude=sexual"), read_share("gore=violence/graphic")))
        asyncio.run(add(out, found, VIT, wishes, replace=False, progress=say))
