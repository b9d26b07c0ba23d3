"""Cuts about a face."""

import numpy as np
import pytest

from person_classifier.crops import mirrored, softened, square, turned

ROWS, COLUMNS = np.mgrid[0:40, 0:60]
RGB = np.stack([ROWS, COLUMNS, ROWS + COLUMNS], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("box", "margin", "shape", "corner"),
    [
        ((10, 10, 20, 20), 1.0, (10, 10, 3), (10, 10, 20)),
        ((10, 10, 20, 14), 1.0, (10, 10, 3), (7, 10, 17)),
        ((20, 20, 30, 30), 2.0, (20, 20, 3), (15, 15, 30)),
        ((-10, -10, 10, 10), 1.0, (20, 20, 3), (0, 0, 0)),
        ((58, 38, 70, 50), 1.0, (12, 12, 3), (38, 58, 96)),
        ((5, 5, 5.1, 5.1), 1.0, (2, 2, 3), (5, 5, 10)),
    ],
)
def test_a_square_about_a_box(
    box: tuple[float, ...], margin: float, shape: tuple[int, ...], corner: tuple[int, ...]
) -> None:
    found = square(RGB, np.array(box, np.float64), margin)
    assert found.shape == shape
    assert tuple(found[0, 0].tolist()) == corner


def test_outside_of_the_picture_is_edge_colour() -> None:
    found = square(RGB, np.array([50.0, 30.0, 80.0, 60.0]), 1.0)
    assert (found[:, 10:] == found[:, 9:10]).all()


def test_turning_keeps_the_size_and_greys_the_corners() -> None:
    found = turned(np.full((21, 21, 3), 255, np.uint8), 45)
    assert found.shape == (21, 21, 3)
    assert tuple(found[0, 0].tolist()) == (128, 128, 128)
    assert tuple(found[10, 10].tolist()) == (255, 255, 255)


def test_mirroring_twice_is_nothing() -> None:
    assert (mirrored(mirrored(RGB)) == RGB).all()
    assert mirrored(RGB)[0, 0, 1] == 59


def test_softening_takes_noise_away() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (64, 64, 3), np.uint8)
    assert softened(noise, 112).shape == (112, 112, 3)
    assert softened(noise, 112).std() < noise.std() / 2
