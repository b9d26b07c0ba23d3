"""Reliability of scores, weighed to a base rate."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from training.reliability import Part, error, lines, parts, write


def test_honest_scores_lie_on_the_diagonal_at_their_own_base_rate() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(50_000)
    truth = rng.random(50_000) < scores
    found = parts(scores, truth, truth.mean())
    assert len(found) == 10
    assert error(found) < 0.02
    assert sum(part.weight for part in found) == pytest.approx(1)


def test_at_another_base_rate_the_same_scores_are_too_high() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(50_000)
    truth = rng.random(50_000) < scores
    found = parts(scores, truth, 0.05)
    assert all(part.share < part.score for part in found)
    assert error(found) > 0.2


def test_few_texts_say_nothing() -> None:
    found = parts(np.array([0.05] * 30 + [0.95] * 5), np.array([False, True] * 17 + [True]), 0.5)
    assert [round(part.score, 2) for part in found] == [0.05]


def test_it_is_drawn_and_told(tmp_path: Path) -> None:
    found = {"hate": [Part(0.1, 0.2, 0.5), Part(0.9, 0.8, 0.5)]}
    write(found, "en", tmp_path / "r.svg")
    drawn = ET.parse(tmp_path / "r.svg").getroot()
    assert drawn.tag.endswith("svg")
    assert "hate" in (tmp_path / "r.svg").read_text()
    assert lines(found, "en") == ["en: expected calibration error at the base rate: hate 0.100"]
