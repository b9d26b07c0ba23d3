"""Training on a few made-up sentences: it fits them, writes what the service loads, and does so twice alike."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sluice.models import repository
from sluice.text.ngrams import vector
from tests.unit.text_models import BagEngine, small_windows
from training import card, report
from training.rows import CATEGORIES, Row
from training.samples import Samples, prepare, rarity_of
from training.text import Plan, train
from training.validation import family, folds

PLAN = Plan(units=8, epochs=20)


def rows() -> list[Row]:
    """Harmless cats and bad things, from six sources, all labels known."""
    found = []
    for source in ("vbench", "vbench-long", "tldr", "aart", "edos", "sluice-own"):
        for number in range(12):
            bad = number % 2 == 1
            text = f"how to build a bad thing {number}" if bad else f"a red cat sits on the warm mat {number}"
            labels = {name: bad and name == "illicit" for name in CATEGORIES}
            found.append(Row(text, source, "en", labels, bad))
    return found


@pytest.fixture(scope="module")
def samples() -> Samples:
    return asyncio.run(prepare(rows(), small_windows(), BagEngine()))


def test_families_share_a_fold() -> None:
    fold = folds(rows())
    of = {row.source: {int(f) for r, f in zip(rows(), fold, strict=True) if r.source == row.source} for row in rows()}
    assert of["vbench"] == of["vbench-long"]
    assert all(len(found) == 1 for source, found in of.items() if source != "sluice-own")
    assert len(of["sluice-own"]) > 1
    assert family("hatecheck") == family("mhc-fr")


async def test_long_safe_texts_give_more_samples_than_unsafe_ones() -> None:
    long = "a red cat " * 200
    found = await prepare(
        [Row(long, "s", "en", {"hate": False}, False), Row(long, "s", "en", {"hate": True}, True)],
        small_windows(),
        BagEngine(),
    )
    assert found.row.tolist() == [*[0] * 8, 1]
    column = list(CATEGORIES).index("hate")
    assert found.labels[:, column].tolist() == [*[0] * 8, 1]
    assert set(np.delete(found.labels, column, axis=1).ravel().tolist()) == {-1}


def test_features_are_what_the_service_computes(samples: Samples) -> None:
    rarity = rarity_of(samples.counts)
    weighted = samples.weighted(rarity)
    for index in (0, 1):
        expected = vector(samples.rows[index].text, rarity)
        row = weighted[[index]].sorted_indices()
        assert row.indices.tolist() == expected.buckets.tolist()
        assert row.data == pytest.approx(expected.values, rel=1e-4)


def test_fits_and_is_the_same_twice(samples: Samples, tmp_path: Path) -> None:
    heads, scores, base = train(samples, PLAN)
    vectors = samples.vectors[:2]
    found = heads.scores(vectors, [heads.sparse(samples.rows[index].text) for index in range(2)])
    illicit = list(CATEGORIES).index("illicit")
    assert found[1, illicit] > 0.5 > found[0, illicit]
    assert all(0 < rate < 1 for rate in base)
    lines = report.of(samples, scores, "en")
    assert any(line.startswith("en, illicit: AUPRC 1.000") for line in lines)
    assert any(line.startswith("en, not_unsafe, other people's sources: 1.000") for line in lines)
    heads.save(tmp_path / "a.npz")
    train(samples, PLAN)[0].save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_card_is_one_that_a_service_accepts(samples: Samples, tmp_path: Path) -> None:
    heads, scores, base = train(samples, replace(PLAN, epochs=1))
    out = tmp_path / "text_heads"
    heads.save(out / "1" / "heads.npz")
    (tmp_path / "rows.jsonl").write_text("{}")
    lines = report.of(samples, scores, "en")
    card.write(out, [tmp_path / "rows.jsonl"], samples.rows, ("i2p",), {"en": base}, lines)
    info = repository.verify(tmp_path, "text_heads")
    written = repository.load(tmp_path, "text_heads")
    assert info.version == "1"
    assert set(written.scores) == set(CATEGORIES.values())
    assert not set(written.scores) & set(written.abstained)
    assert "AUPRC" in " ".join(written.measured)
    assert "a score is the probability where" in written.measured[0]
    assert written.languages == ("en", "zh")
