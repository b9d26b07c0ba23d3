"""What 0.5 means: a point that the harmless texts of the data reach no more often than their budget allows."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_matrix

from sluice.text.ngrams import BUCKETS
from training.calibration import AFAR, IMAGE_BUDGET, OTHER_BUDGET, SLOPES, by_row, calibrate, harmless
from training.rows import Row
from training.samples import Samples

COUNT = 4000


def samples(labels: npt.NDArray[np.int8], sources: list[str]) -> Samples:
    rows = [
        Row("t", source, "en", {}, None if known < 0 else bool(known))
        for source, known in zip(sources, labels[:, 0], strict=True)
    ]
    nothing = csr_matrix((len(rows), BUCKETS))
    return Samples(rows, np.arange(len(rows)), np.zeros((len(rows), 1)), nothing, labels)


@pytest.fixture
def drawn() -> tuple[Samples, npt.NDArray[np.float64]]:
    """A quarter is harmful and lies two standard deviations higher; image prompts, other texts, and far ones."""
    rng = np.random.default_rng(2)
    labels = np.full((COUNT, 1), -1, np.int8)
    labels[:, 0] = rng.random(COUNT) < 0.25
    sources = [("vbench", "tldr", AFAR[0])[index % 3] for index in range(COUNT)]
    outputs = rng.normal(size=(COUNT, 1)) + 2 * labels
    outputs[[source == AFAR[0] for source in sources]] += 3
    return samples(labels, sources), outputs


def test_harmless_texts_keep_to_their_budget(
    drawn: tuple[Samples, npt.NDArray[np.float64]],
) -> None:
    data, outputs = drawn
    found = calibrate(data, outputs * 5, outputs)
    scores = found.scores(outputs * 5, outputs)[:, 0]
    image, other = harmless(data)
    near = other & np.array([row.source not in AFAR for row in data.rows])
    shares = [float(np.mean(scores[group] >= 0.5)) for group in (image, near)]
    assert shares[0] <= IMAGE_BUDGET + 1 / image.sum()
    assert shares[1] <= OTHER_BUDGET + 1 / near.sum()
    assert shares[0] >= IMAGE_BUDGET / 2 or shares[1] >= OTHER_BUDGET / 2
    assert np.mean(scores[other & ~near] >= 0.5) > OTHER_BUDGET


def test_the_better_of_two_outputs_gets_the_larger_share(
    drawn: tuple[Samples, npt.NDArray[np.float64]],
) -> None:
    data, outputs = drawn
    noise = np.random.default_rng(9).normal(size=outputs.shape)
    assert calibrate(data, outputs, noise).mix[0] > 0.5
    assert calibrate(data, noise, outputs).mix[0] < 0.5


def test_a_category_without_examples_keeps_an_even_mix() -> None:
    labels = np.zeros((60, 1), np.int8)
    found = calibrate(
        samples(labels, ["vbench"] * 60), np.random.default_rng(1).normal(size=(60, 1)), np.zeros((60, 1))
    )
    assert found.mix[0] == 0.5
    assert SLOPES[0] <= found.slope[0] <= SLOPES[1]


def test_a_row_is_as_bad_as_its_worst_sample() -> None:
    one = samples(np.zeros((2, 1), np.int8), ["vbench", "vbench"])
    data = Samples(one.rows, np.array([0, 0, 1, 1, 1]), one.vectors, one.counts, one.labels)
    assert by_row(data, np.array([[1], [3], [2], [0], [1]])).tolist() == [[3], [2]]
