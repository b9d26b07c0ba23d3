"""Which classifiers look at a picture."""

from dataclasses import dataclass

from sluice.models import nsfw
from sluice.settings import Reader


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """`packs`: picture classifiers of the model repository, in order. `csam`: adapter or pack; empty for none."""

    packs: tuple[str, ...]
    csam: str


def read_image_settings(reader: Reader) -> ImageSettings:
    """SLUICE_IMAGE_PACKS (nsfw_mobilenet; names, with commas) and SLUICE_CSAM_PACK (none)."""
    packs = reader.words("SLUICE_IMAGE_PACKS", (nsfw.NAME,))
    csam = reader.text("SLUICE_CSAM_PACK", "")
    if not packs:
        reader.problem("SLUICE_IMAGE_PACKS should name at least one pack")
    for name in sorted({name for name in packs if packs.count(name) > 1}):
        reader.problem(f"SLUICE_IMAGE_PACKS names {name} twice")
    if csam and csam in packs:
        reader.problem(f"SLUICE_CSAM_PACK={csam} is among SLUICE_IMAGE_PACKS: name it in one of them")
    return ImageSettings(packs, csam)
