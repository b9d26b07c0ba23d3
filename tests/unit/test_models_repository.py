"""The repository: ready, missing, differs, bad card; and what a verdict says of a model."""

import hashlib
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.models import repository
from sluice.models.repository import State
from tests.unit.model_files import MODELS, sha256, write_card, write_model

SOURCES = [
    {
        "kind": "url",
        "files": [{"name": "a", "at": "https://example.org/a", "sha256": sha256(b"a"), "size": 1}],
    }
]


def test_a_model_that_is_right(tmp_path: Path) -> None:
    write_card(tmp_path, "toy")
    write_model(tmp_path, "toy")
    info = repository.verify(tmp_path, "toy")
    assert (info.name, info.version, info.digest) == ("toy", "1", hashlib.sha256(b"model").digest())
    assert repository.inspect(tmp_path, "toy").state is State.READY


def test_a_missing_model_names_the_command(tmp_path: Path) -> None:
    write_card(tmp_path, "toy", sources=SOURCES, converter="c")
    with pytest.raises(NotReadyError, match=r"toy: model.onnx is missing; run: sluice models pull toy"):
        repository.verify(tmp_path, "toy")


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    write_card(tmp_path, "toy", sources=SOURCES, converter="c")
    write_model(tmp_path, "toy", b"other")
    with pytest.raises(NotReadyError, match=r"is not the file that its card names; run: sluice models pull toy"):
        repository.verify(tmp_path, "toy")
    assert repository.inspect(tmp_path, "toy").state is State.DIFFERS


def test_a_model_of_our_own_is_restored_not_pulled(tmp_path: Path) -> None:
    write_card(tmp_path, "toy")
    with pytest.raises(NotReadyError, match=r"restore it from the repository"):
        repository.verify(tmp_path, "toy")


def test_no_card(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"no model toy in .*SLUICE_MODELS"):
        repository.verify(tmp_path, "toy")
    assert repository.inspect(tmp_path, "toy").state is State.BAD_CARD


def test_a_bad_card_is_not_ready(tmp_path: Path) -> None:
    write_card(tmp_path, "toy", title=None)
    write_model(tmp_path, "toy")
    with pytest.raises(NotReadyError, match=r"toy/card\.yaml: title should be a text"):
        repository.verify(tmp_path, "toy")


def test_names_are_the_folders_with_cards(tmp_path: Path) -> None:
    write_card(tmp_path, "b")
    write_card(tmp_path, "a")
    (tmp_path / "no-card").mkdir()
    assert repository.names(tmp_path) == ("a", "b")


def test_the_digest_of_several_files_is_that_of_their_list(tmp_path: Path) -> None:
    files = [{"name": n, "sha256": sha256(n.encode()), "size": 1, "origin": "trained"} for n in ("b", "a")]
    write_card(tmp_path, "toy", files=files)
    lines = f"{sha256(b'a')}  a\n{sha256(b'b')}  b\n"
    assert repository.info(repository.load(tmp_path, "toy")).digest.hex() == sha256(lines.encode())


@pytest.mark.parametrize("name", repository.names(MODELS))
def test_the_real_models_are_the_ones_that_their_cards_name(name: str) -> None:
    assert repository.inspect(MODELS, name).detail == ""
