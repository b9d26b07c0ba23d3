"""Smaller copies show the whole picture, and tiles leave no pixel out."""

import itertools

import pytest
from PIL import Image

from ingest.decoder.renditions import STEP, TILE, starts, tiles, whole
from tests.unit.hostile_pictures import blobs, difference, opened


def test_the_rendition_is_a_jpeg_of_at_most_512_pixels() -> None:
    picture = whole(blobs(1600, 1200))
    assert (picture.width, picture.height, picture.left, picture.top) == (512, 384, 0, 0)
    image = opened(picture.data)
    assert (image.format, image.size) == ("JPEG", (512, 384))
    assert difference(image, blobs(512, 384)) < 3


@pytest.mark.parametrize(
    ("length", "expected"),
    [(513, [0]), (640, [0]), (641, [0, 1]), (1000, [0, 360]), (1120, [0, 480]), (1121, [0, 480, 481])],
)
def test_the_last_tile_is_flush_with_the_edge(length: int, expected: list[int]) -> None:
    assert starts(length) == expected


@pytest.mark.parametrize("length", range(1, 1601, 13))
def test_tiles_cover_every_pixel_and_overlap_by_a_quarter(length: int) -> None:
    places = starts(length)
    assert places[0] == 0
    assert places[-1] + TILE >= length
    assert all(0 < after - before <= STEP for before, after in itertools.pairwise(places))


def test_tiles_lie_where_they_say() -> None:
    image = blobs(1600, 900)
    made = tiles(image)
    assert len(made) == 3 * 2
    for tile in made:
        assert (tile.width, tile.height) == (TILE, TILE)
        box = (tile.left, tile.top, tile.left + TILE, tile.top + TILE)
        assert difference(opened(tile.data), image.crop(box)) < 3


def test_a_narrow_picture_has_narrow_tiles() -> None:
    assert [(tile.width, tile.height, tile.top) for tile in tiles(Image.new("RGB", (300, 800)))] == [
        (300, 640, 0),
        (300, 640, 160),
    ]


@pytest.mark.parametrize("size", [(512, 512), (512, 16), (100, 100)])
def test_a_picture_that_the_rendition_shows_in_full_has_no_tiles(size: tuple[int, int]) -> None:
    assert tiles(Image.new("RGB", size)) == ()
