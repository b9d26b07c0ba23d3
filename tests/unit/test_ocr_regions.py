"""Connected regions: the same as a flood fill finds, at any shape and size."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from text_classifier.ocr.regions import regions

Bools = npt.NDArray[np.bool_]


def flooded(mask: Bools) -> list[set[tuple[int, int]]]:
    """The regions, pixel by pixel."""
    left = {(int(y), int(x)) for y, x in np.argwhere(mask)}
    found: list[set[tuple[int, int]]] = []
    while left:
        reached, todo = set[tuple[int, int]](), [min(left)]
        while todo:
            y, x = todo.pop()
            if (y, x) in left:
                left.remove((y, x))
                reached.add((y, x))
                todo += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        found.append(reached)
    return found


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_the_same_as_a_flood_fill(mask: Bools) -> None:
    probability = mask * (0.5 + np.arange(mask.size, dtype=np.float32).reshape(mask.shape) / (2 * mask.size))
    found = regions(probability, 0.3)
    expected = flooded(mask)
    assert len(found) == len(expected)
    for region, pixels in zip(found, expected, strict=True):
        ends = {(int(y), int(x)) for x, y in region.points}
        assert ends <= pixels
        rows = {y for y, _ in pixels}
        for pick in (min, max):
            assert {y: pick(x for yy, x in ends if yy == y) for y in rows} == {
                y: pick(x for yy, x in pixels if yy == y) for y in rows
            }
        assert np.isclose(region.mean, np.mean([probability[pixel] for pixel in pixels]), atol=1e-6)


def test_nothing_marked() -> None:
    assert regions(np.zeros((4, 5), np.float32), 0.3) == []


def test_a_map_full_of_specks() -> None:
    specks = np.zeros((400, 400), np.float32)
    specks[::2, ::2] = 1
    assert len(regions(specks, 0.3)) == 200 * 200


def test_a_checkerboard_is_one_region() -> None:
    board = (np.indices((300, 300)).sum(axis=0) % 2).astype(np.float32)
    assert len(regions(board, 0.3)) == 1
