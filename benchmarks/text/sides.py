"""Who is measured: something that turns a batch of texts into probabilities."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union

from sluice.models.engine import Arrays, Engine, EngineSettings
from sluice.models.onnx_engine import OnnxEngine
from sluice.text.model import TextModel
from training.rows import CATEGORIES, Row

Scores = npt.NDArray[np.float32]


class Side(Protocol):
    """Scores texts, on one thread."""

    @property
    def encoder_seconds(self) -> float:
        """CPU seconds so far in the encoder alone."""

    def scores(self, texts: Sequence[str]) -> Scores:
        """[n, C] probabilities."""


class Timed:
    """An engine that adds up its CPU time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = 0.0

    async def run(self, inputs: Arrays) -> Arrays:
        """See `Engine.run`."""
        begun = time.process_time()
        found = await self._engine.run(inputs)
        self.seconds += time.process_time() - begun
        return found


class Ours:
    """The text model as the check uses it: cutting, both heads, everything but the check's own bookkeeping."""

    def __init__(self, model: TextModel) -> None:
        self._timed = Timed(model.engine)
        self._model = replace(model, engine=self._timed)

    @classmethod
    def unquantised(cls, model: TextModel, encoder: Path) -> "Ours":
        """The same model over another encoder."""
        return cls(replace(model, engine=OnnxEngine.open(encoder, EngineSettings(threads=1))))

    @property
    def encoder_seconds(self) -> float:
        """See `Side`."""
        return self._timed.seconds

    def scores(self, texts: Sequence[str]) -> Scores:
        """See `Side`."""
        found = asyncio.run(self._model.score(texts))
        return np.array([list(one.values()) for one in found], np.float32)


class TfIdf:
    """Words and pairs of them, runs of two to five characters, and a logistic regression per category: what anybody
    would write first, with scikit-learn's defaults."""

    encoder_seconds = 0.0

    def __init__(self, rows: Sequence[Row], labels: Sequence[str] = tuple(CATEGORIES)) -> None:
        """Fits it on rows that have every one of `labels`."""
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        regression = LogisticRegression(class_weight="balanced", max_iter=1000)
        self._pipeline: Any = make_pipeline(make_union(words, characters), OneVsRestClassifier(regression))
        truth = np.array([[row.labels.get(name, False) for name in labels] for row in rows])
        self._pipeline.fit([row.text for row in rows], truth)

    def scores(self, texts: Sequence[str]) -> Scores:
        """See `Side`."""
        found: Scores = self._pipeline.predict_proba(list(texts)).astype(np.float32)
        return found


def agreement(one: Scores, other: Scores, level: float) -> Mapping[str, float]:
    """`differing`: share of texts that one flags in some category and the other does not; `mean`, `most`: how far
    apart their probabilities are."""
    apart = np.abs(one - other)
    flagged = one.max(axis=1) >= level, other.max(axis=1) >= level
    return {
        "differing": float(np.mean(flagged[0] != flagged[1])),
        "mean": float(apart.mean()),
        "most": float(apart.max()),
    }
