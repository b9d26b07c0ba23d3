"""What a score means: 0.5 lies where harmless texts keep to their budget, and elsewhere it is a probability."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_matrix

from sluice.text.ngrams import BUCKETS
from training.calibration import AFAR, SLOPES, by_row, calibrate, curve, harmless, logistic
from training.rows import Row
from training.samples import Samples
from training.thresholds import IMAGE_BUDGET, OTHER_BUDGET, choose

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
    found = calibrate(data, outputs * 5, outputs, choose)
    scores = found.scores(outputs * 5, outputs)[:, 0]
    image, other = harmless(data, "en")
    far = np.array([row.source in AFAR and row.unsafe is False for row in data.rows])
    shares = [float(np.mean(scores[group] >= 0.5)) for group in (image, other)]
    assert shares[0] <= IMAGE_BUDGET + 1 / image.sum()
    assert shares[1] <= OTHER_BUDGET + 1 / other.sum()
    assert shares[0] >= IMAGE_BUDGET / 2 or shares[1] >= OTHER_BUDGET / 2
    assert np.mean(scores[far] >= 0.5) > OTHER_BUDGET


def test_a_budget_goes_where_it_catches_most() -> None:
    rng = np.random.default_rng(4)
    labels = np.full((COUNT, 2), -1, np.int8)
    labels[:, 0] = rng.random(COUNT) < 0.25
    telling = rng.normal(size=COUNT) + 3 * labels[:, 0]
    points = choose(samples(labels, ["tldr"] * COUNT), np.stack([telling, rng.normal(size=COUNT)], axis=1), "en")
    harmful = labels[:, 0] == 1
    assert np.mean(telling[harmful] > points[0]) > 0.9
    assert points[1] > 2


def test_a_score_is_the_probability_at_its_base_rate() -> None:
    rng = np.random.default_rng(5)
    labels = (rng.random((40_000, 1)) < 0.2).astype(np.int8)
    outputs = rng.normal(size=labels.shape) + 2 * labels
    slope, offset, base = curve(samples(labels, ["tldr"] * len(labels)), outputs, np.array([1.7]), "en")
    scores = logistic(slope * outputs + offset)[:, 0]
    weight = np.where(labels[:, 0] == 1, base[0] / 0.2, (1 - base[0]) / 0.8)
    for low in (0.1, 0.4, 0.7):
        group = (scores >= low) & (scores < low + 0.2)
        truth = np.average(labels[group, 0], weights=weight[group])
        assert truth == pytest.approx(np.average(scores[group], weights=weight[group]), abs=0.05)
    assert logistic(slope * 1.7 + offset)[0] == pytest.approx(0.5, abs=1e-6)


def test_the_better_of_two_outputs_gets_the_larger_share(
    drawn: tuple[Samples, npt.NDArray[np.float64]],
) -> None:
    data, outputs = drawn
    noise = np.random.default_rng(9).normal(size=outputs.shape)
    assert calibrate(data, outputs, noise, choose).mix[0] > 0.5
    assert calibrate(data, noise, outputs, choose).mix[0] < 0.5


def test_a_category_without_examples_keeps_an_even_mix() -> None:
    labels = np.zeros((60, 1), np.int8)
    data, outputs = samples(labels, ["vbench"] * 60), np.random.default_rng(1).normal(size=(60, 1))
    found = calibrate(data, outputs, np.zeros((60, 1)), choose)
    assert found.mix[0] == 0.5
    assert SLOPES[0] <= found.slope[0] <= SLOPES[1]


def test_a_row_is_as_bad_as_its_worst_sample() -> None:
    one = samples(np.zeros((2, 1), np.int8), ["vbench", "vbench"])
    data = Samples(one.rows, np.array([0, 0, 1, 1, 1]), one.vectors, one.counts, one.labels)
    assert by_row(data, np.array([[1], [3], [2], [0], [1]])).tolist() == [[3], [2]]
