"""Without its files, or with others, the model does not open, and says what mends it."""

import shutil
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.text.model import TextModel
from tests.unit.model_files import MODELS


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in ("minilm", "text_heads"):
        shutil.copytree(MODELS / name, tmp_path / name)
    return tmp_path


def test_heads_that_differ_from_their_card(models: Path) -> None:
    with (models / "text_heads" / "1" / "heads.npz").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(NotReadyError, match=r"heads\.npz is not the file that its card names"):
        TextModel.open(models)


def test_heads_that_are_missing(models: Path) -> None:
    (models / "text_heads" / "1" / "heads.npz").unlink()
    with pytest.raises(NotReadyError, match=r"heads\.npz is missing"):
        TextModel.open(models)


def test_an_encoder_that_is_missing(models: Path) -> None:
    (models / "minilm" / "1" / "tokenizer.json").unlink()
    with pytest.raises(NotReadyError, match="sluice models pull minilm"):
        TextModel.open(models)
