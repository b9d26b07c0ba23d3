"""The usual production model, once at its true size: a ViT-B/16 of 86 million parameters with random weights, added
as its owner would add it and asked beside the shipped pack."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from image_classifier.check import ImageClassifier
from sluice.check import Status
from sluice.models import repository
from sluice.models.add.run import add
from sluice.models.add.source import find
from sluice.models.add.wishes import Wishes, read_share
from sluice.models.picture_input import PictureInput
from tests.unit.model_files import MODELS, settings
from tests.unit.pictures import item, photograph
from tests.unit.vit import B16, write_folder

SHARES = ("nude=sexual", "gore=violence/graphic", "gore=violence", "weapon=violence:0.5", "cartoon=drawn")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Gone afterwards: pytest would keep a gigabyte of each of its last runs."""
    with TemporaryDirectory() as made:
        yield Path(made)


async def test_a_vit_b16_is_added_and_run_beside_the_shipped_pack(folder: Path) -> None:
    models = folder / "models"
    models.mkdir()
    (models / "nsfw_mobilenet").symlink_to(MODELS / "nsfw_mobilenet")
    found = find(write_folder(folder / "published", B16))
    wishes = Wishes(shares=tuple(map(read_share, SHARES)), licence="none: its weights are random")
    card = await add(models, found, "vit_b16", wishes, replace=False, progress=print)
    assert card.files[0].size > 340_000_000
    assert card.picture == PictureInput(224, 224)
    assert repository.inspect(models, "vit_b16").detail == ""

    check = await ImageClassifier.open(*settings(models, SLUICE_IMAGE_PACKS="nsfw_mobilenet,vit_b16"))
    canary = ImageClassifier.examples()[0]
    results = await check.run([canary.item, item(photograph("coffee")), item(photograph("astronaut"))])
    assert [result.status for result in results] == [Status.OK] * 3
    assert canary.holds(results[0])
    for result in results:
        assert result.scores.keys() == {"sexual", "violence", "violence/graphic"}
        assert all(math.isfinite(score) and 0 < score < 1 for score in result.scores.values())
        assert result.signals.keys() == {"drawn", "photoreal"}
    assert results[1].scores != results[2].scores
    assert [info.name for info in check.models()] == ["nsfw_mobilenet", "vit_b16"]
