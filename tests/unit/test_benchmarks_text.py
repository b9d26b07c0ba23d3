"""The comparison of text models: what it scores, how it counts, and whom it calls different."""

from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.text.inputs import LONG_CHARACTERS, Text, inputs, long_text
from benchmarks.text.measure import BATCH, judged, measure
from benchmarks.text.sides import Scores, TfIdf, agreement
from training.rows import Row


class Lengths:
    """Scores a text by its length in characters; takes no time to speak of."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.encoder_seconds = 0.0

    def scores(self, texts: Sequence[str]) -> Scores:
        self.batches.append(len(texts))
        return np.array([[len(text) / 100, 0.0] for text in texts], np.float32)


def test_all_sides_see_the_same_texts_in_batches_of_the_check() -> None:
    sides = {"one": Lengths(), "other": Lengths()}
    texts = [Text("x" * length, None) for length in range(BATCH + 3)]
    found = measure(sides, texts, rounds=2)
    assert [side.batches for side in sides.values()] == [[BATCH, 3] * 3] * 2
    assert found["one"].scores[:, 0].tolist() == pytest.approx([length / 100 for length in range(BATCH + 3)])
    assert [len(found[name].cpu) for name in sides] == [2, 2]
    assert found["one"].encoder_share == 0


def test_caught_and_kept() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.4], [0.1, 0.5], [0.0, 0.0]], np.float32)
    texts = [Text("", True), Text("", True), Text("", False), Text("", False)]
    assert judged(scores, texts) == (0.5, 0.5)
    assert judged(scores[:1], [Text("", None)]) == (None, None)


def test_agreement_counts_texts_not_categories() -> None:
    one = np.array([[0.6, 0.2], [0.1, 0.1]], np.float32)
    other = np.array([[0.4, 0.7], [0.1, 0.5]], np.float32)
    found = agreement(one, other, 0.5)
    assert found["differing"] == 0.5
    assert found["mean"] == pytest.approx((0.2 + 0.5 + 0.0 + 0.4) / 4)
    assert found["most"] == pytest.approx(0.5)


def test_the_inputs_are_the_same_every_time() -> None:
    first, second = inputs(20, 5), inputs(20, 5)
    assert first == second
    assert [len(texts) for texts in first.values()] == [20, 5, 1]
    assert {text.unsafe for text in first["short prompts"]} == {True, False}


def test_the_long_text_is_harmless_and_of_a_fixed_length() -> None:
    found = long_text([Text("good " * 3000, False), Text("bad", True)])
    assert len(found.text) == LONG_CHARACTERS
    assert "bad" not in found.text


def test_tf_idf_learns_what_its_rows_say() -> None:
    bombs, lakes = {"illicit": True, "hate": False}, {"illicit": False, "hate": True}
    rows = [Row(f"build a bomb number {n}", "test", "en", bombs, True) for n in range(6)]
    rows += [Row(f"paint a calm lake number {n}", "test", "en", lakes, False) for n in range(6)]
    scores = TfIdf(rows, ("illicit", "hate")).scores(["build a bomb", "paint a lake"])
    assert scores[0, 0] > 0.5 > scores[1, 0]
    assert scores[0, 1] < 0.5 < scores[1, 1]
