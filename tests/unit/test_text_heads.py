"""Heads: the formula, and a file that is the same for the same weights."""

from pathlib import Path

import numpy as np
import pytest

from sluice.errors import NotReadyError
from sluice.text.encoder import WIDTH
from sluice.text.heads import Heads
from sluice.text.ngrams import BUCKETS


def heads(mix: float = 0.5) -> Heads:
    rng = np.random.default_rng(3)
    return Heads(
        categories=np.array(["hate", "violence"]),
        hidden=rng.normal(size=(WIDTH, 4)).astype(np.float32),
        hidden_bias=np.zeros(4, np.float32),
        output=rng.normal(size=(4, 2)).astype(np.float32),
        output_bias=np.zeros(2, np.float32),
        ngrams=rng.normal(size=(BUCKETS, 2)).astype(np.float32),
        ngrams_bias=np.zeros(2, np.float32),
        rarity=np.ones(BUCKETS, np.float32),
        spread=np.array([[2, 2], [4, 4]], np.float32),
        mix=np.full(2, mix, np.float32),
        slope=np.full(2, 3, np.float32),
        offset=np.full(2, -1, np.float32),
    )


def test_the_formula() -> None:
    one = heads(mix=0.25)
    vectors, sparse = np.ones((1, WIDTH), np.float32) / WIDTH**0.5, [one.sparse("a red cat")]
    network, linear = one.outputs(vectors, sparse)
    mixed = 0.25 * network / 2 + 0.75 * linear / 4
    assert one.scores(vectors, sparse) == pytest.approx(1 / (1 + np.exp(-(3 * mixed - 1))))


def test_a_text_without_words_has_the_bias_alone() -> None:
    one = heads()
    assert np.array_equal(one.outputs(np.zeros((1, WIDTH)), [one.sparse("?!")])[1], [[0, 0]])


def test_saved_and_loaded(tmp_path: Path) -> None:
    heads().save(tmp_path / "1" / "heads.npz")
    heads().save(tmp_path / "2" / "heads.npz")
    assert (tmp_path / "1" / "heads.npz").read_bytes() == (tmp_path / "2" / "heads.npz").read_bytes()
    assert [path.name for path in (tmp_path / "1").iterdir()] == ["heads.npz"]
    back = Heads.load(tmp_path / "1" / "heads.npz")
    vectors = np.eye(WIDTH, dtype=np.float32)[:2]
    sparse = [back.sparse("a red cat"), back.sparse("a mat")]
    assert back.categories.tolist() == ["hate", "violence"]
    assert back.scores(vectors, sparse) == pytest.approx(heads().scores(vectors, sparse), abs=2e-3)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"\x93NUMPY"])
def test_what_is_no_heads_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "heads.npz").write_bytes(content)
    with pytest.raises(NotReadyError, match="text heads"):
        Heads.load(tmp_path / "heads.npz")


def test_a_missing_file_and_foreign_arrays_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="text heads"):
        Heads.load(tmp_path / "heads.npz")
    np.savez(tmp_path / "heads.npz", weights=np.ones(3))
    with pytest.raises(NotReadyError, match="text heads"):
        Heads.load(tmp_path / "heads.npz")
