"""Writes card.yaml for the heads that a run trained."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt
import yaml

from sluice.models.repository import digest
from sluice.text.model import HEADS_FILE
from training.report import LEVEL
from training.rows import CATEGORIES, SERVED, Row

ABSTAINED = (
    "csam",
    "harassment/threatening",
    "hate/threatening",
    "illicit/violent",
    "self-harm/instructions",
    "self-harm/intent",
)
"""Categories of policies for which the data hold no labels."""

LIMITS = (
    "Trained on benchmarks, red-teaming sets, and our own. Labels were mapped by rule, not reviewed by hand.",
    "English. Chinese is read word by word in English (text/gloss.py): crude, and blind to words that are not in its "
    "list. Texts in other languages are abstained from where they are recognised; short ones are not.",
    "violence/graphic, extremism, self-harm and sexual/minors have few examples, most of them our own sentences.",
    "For image prompts. As a guard of a chat or coding assistant it would refuse far too much, as the sources about "
    "security programs and quoted hate show.",
    "Words only: what a picture shows, irony, and facts about people are beyond it.",
    "Figures are of left-out sources, not of live traffic; mix, curve and the 0.5 point were chosen on the same "
    "left-out outputs, so they are a little kind.",
)


def write(
    out: Path,
    data: Sequence[Path],
    rows: Sequence[Row],
    without: Sequence[str],
    base: Mapping[str, npt.NDArray[Any]],
    measured: Sequence[str],
) -> None:
    """Writes `out`/card.yaml for the heads in `out`/1. `base`: language -> the base rates [C] of its scores."""
    heads = out / "1" / HEADS_FILE
    document: dict[str, Any] = {
        "name": out.name,
        "version": 1,
        "title": "Text heads of our own on all-MiniLM-L6-v2 and hashed n-grams",
        "licence": "Apache-2.0",
        "licence_note": f"Trained by this project. Rows by source: {_sources(rows)}. Left out: {_names(without)}.",
        "conversion": "Trained: python -m training.text --data FILE. Not a Triton model: the heads run in the text "
        f"check, after the encoder. Data: {_data(data)}.",
        "files": [
            {"name": heads.name, "sha256": digest(heads), "size": heads.stat().st_size, "origin": "trained"},
        ],
        "labels": list(CATEGORIES.values()),
        "scores": {name: {name: 1.0} for name in CATEGORIES.values()},
        "abstained": list(ABSTAINED),
        "thresholds": dict.fromkeys(CATEGORIES.values(), LEVEL),
        "languages": list(SERVED),
        "measured": [*_base_rates(base), *measured],
        "limits": list(LIMITS),
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    (out / "card.yaml").write_text(f"# Written by python -m training.text; edit training/card.py instead.\n{text}")


def _base_rates(base: Mapping[str, npt.NDArray[Any]]) -> list[str]:
    return [
        f"{language}: a score is the probability where these shares of texts are harmful: "
        + ", ".join(f"{name} {rate:.3f}" for name, rate in zip(CATEGORIES.values(), rates, strict=True))
        for language, rates in base.items()
    ]


def _sources(rows: Sequence[Row]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(row.source for row in rows).most_common())


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _data(data: Sequence[Path]) -> str:
    return ", ".join(f"{path.name} sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in data)
