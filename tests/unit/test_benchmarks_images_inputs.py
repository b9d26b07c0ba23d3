"""The pictures of the comparison: the same every time, and about as large as photographs are."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.images.inputs import SQUARE, draw, encoded
from benchmarks.images.prepared import renditions, stored
from ingest.decoder.renditions import RENDITION_SIDE
from sluice.objects import ObjectStore


def test_the_same_seed_draws_the_same_picture_and_another_another() -> None:
    first, again, other = (np.asarray(draw((160, 120), seed)) for seed in (1, 1, 2))
    assert first.shape == (120, 160, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_its_bytes_are_those_of_a_photograph() -> None:
    picture = draw(SQUARE, 1)
    jpeg, png = encoded(picture, "JPEG"), encoded(picture, "PNG")
    assert 180_000 < len(jpeg) < 280_000
    assert 1_000_000 < len(png) < 2_000_000
    assert (np.asarray(Image.open(io.BytesIO(png))) == np.asarray(picture)).all()


async def test_a_stored_rendition_is_what_the_check_will_fetch(tmp_path: Path) -> None:
    store = ObjectStore.open((tmp_path / "objects").as_uri())
    pictures = renditions(2)
    contents = await stored(pictures, store)
    for picture, content in zip(pictures, contents, strict=True):
        rendition = content.image.rendition
        assert max(rendition.width, rendition.height) == RENDITION_SIDE
        assert (rendition.width, rendition.height) == (picture.width, picture.height)
        assert await store.get(rendition.object, 8 << 20) == picture.data
    assert contents[0].image.rendition.object.uri != contents[1].image.rendition.object.uri
