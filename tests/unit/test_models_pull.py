"""Pulling: sources in order, a mirror first, everything checked, and nothing done twice."""

from pathlib import Path
from typing import Any

import pytest

from sluice.errors import TerminalError
from sluice.models import repository
from sluice.models.convert.registry import CONVERTERS
from sluice.models.pull import MIRROR, Puller, PullError, pull
from sluice.models.repository import State
from tests.unit.model_files import MODELS, sha256, write_card, write_model

WEIGHTS = b"published weights"
TOKENS = b"{}"
BUILT = b"published weights, upside down"


def turn(folder: Path, out: Path) -> None:
    """A converter for these tests."""
    if (folder / "w.bin").read_bytes() != WEIGHTS:
        raise TerminalError("w.bin is something else")
    out.write_bytes(BUILT)


def published(name: str, data: bytes, at: str) -> dict[str, Any]:
    return {"name": name, "at": at, "sha256": sha256(data), "size": len(data)}


def write_toy(models: Path, at: str = "https://127.0.0.1:1/w", **changes: Any) -> None:
    """A model made of two published files, one converted and one copied; by default from a URL that is not there."""
    files = [published("w.bin", WEIGHTS, at), published("t.json", TOKENS, at)]
    results = [
        {"name": "model.onnx", "sha256": sha256(BUILT), "size": len(BUILT), "origin": "converted"},
        {"name": "t.json", "sha256": sha256(TOKENS), "size": len(TOKENS), "origin": "copied"},
    ]
    sources = [{"kind": "url", "files": files}]
    write_card(models, "toy", **{"sources": sources, "converter": "turn", "files": results, **changes})


def mirror(folder: Path, *files: bytes) -> str:
    folder.mkdir()
    for data in files:
        (folder / sha256(data)).write_bytes(data)
    return folder.as_uri()


def puller(tmp_path: Path, said: list[str], url: str = "") -> Puller:
    return Puller(tmp_path / "models", tmp_path / "scratch", said.append, url, {"turn": turn})


def test_a_model_is_fetched_converted_and_placed(tmp_path: Path) -> None:
    write_toy(tmp_path / "models")
    said: list[str] = []
    puller(tmp_path, said, mirror(tmp_path / "mirror", WEIGHTS, TOKENS)).pull("toy")
    assert repository.inspect(tmp_path / "models", "toy").state is State.READY
    assert sorted(path.name for path in (tmp_path / "models/toy/1").iterdir()) == ["model.onnx", "t.json"]
    assert said[-1] == "toy: ready"


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    write_toy(tmp_path / "models")
    url = mirror(tmp_path / "mirror", WEIGHTS, TOKENS)
    puller(tmp_path, [], url).pull("toy")
    before = (tmp_path / "models/toy/1/model.onnx").stat()
    said: list[str] = []
    puller(tmp_path, said).pull("toy")
    assert said == ["toy: already here"]
    assert (tmp_path / "models/toy/1/model.onnx").stat().st_mtime_ns == before.st_mtime_ns


def test_a_damaged_model_is_replaced(tmp_path: Path) -> None:
    write_toy(tmp_path / "models")
    write_model(tmp_path / "models", "toy", b"damaged")
    puller(tmp_path, [], mirror(tmp_path / "mirror", WEIGHTS, TOKENS)).pull("toy")
    assert (tmp_path / "models/toy/1/model.onnx").read_bytes() == BUILT


def test_a_source_with_wrong_bytes_is_passed_over_for_the_next(tmp_path: Path) -> None:
    bad = {"kind": "url", "files": [published("w.bin", b"what it should have been", "https://127.0.0.1:1/bad")]}
    files = [
        published("w.bin", WEIGHTS, "https://127.0.0.1:1/w"),
        published("t.json", TOKENS, "https://127.0.0.1:1/t"),
    ]
    write_toy(tmp_path / "models", sources=[bad, {"kind": "url", "files": files}])
    url = mirror(tmp_path / "mirror", WEIGHTS, TOKENS)
    (tmp_path / "mirror" / sha256(b"what it should have been")).write_bytes(b"what it should NOT have been")
    said: list[str] = []
    puller(tmp_path, said, url).pull("toy")
    assert any("longer than" in line for line in said)
    assert said[-1] == "toy: ready"


def test_when_no_source_has_it_the_message_says_what_to_do(tmp_path: Path) -> None:
    write_toy(tmp_path / "models")
    with pytest.raises(
        PullError, match=rf"(?s)toy: no source had it.*127\.0\.0\.1.*{MIRROR}.*sluice models pull toy"
    ):
        puller(tmp_path, []).pull("toy")
    assert not (tmp_path / "models/toy/1").exists()


def test_a_conversion_that_comes_out_differently_is_not_placed(tmp_path: Path) -> None:
    results = [{"name": "model.onnx", "sha256": sha256(b"other"), "size": 5, "origin": "converted"}]
    write_toy(tmp_path / "models", files=results)
    with pytest.raises(PullError, match=r"model\.onnx came out with SHA-256 .* onnx \d"):
        puller(tmp_path, [], mirror(tmp_path / "mirror", WEIGHTS, TOKENS)).pull("toy")
    assert not (tmp_path / "models/toy/1").exists()


def test_weights_that_the_converter_refuses(tmp_path: Path) -> None:
    files = [
        published("w.bin", b"others", "https://127.0.0.1:1/w"),
        published("t.json", TOKENS, "https://127.0.0.1:1/t"),
    ]
    write_toy(tmp_path / "models", sources=[{"kind": "url", "files": files}])
    with pytest.raises(PullError, match=r"toy: w\.bin is something else"):
        puller(tmp_path, [], mirror(tmp_path / "mirror", b"others", TOKENS)).pull("toy")


def test_an_unknown_converter(tmp_path: Path) -> None:
    write_toy(tmp_path / "models", converter="alchemy")
    with pytest.raises(PullError, match="converter alchemy, which this version does not have"):
        puller(tmp_path, [], mirror(tmp_path / "mirror", WEIGHTS, TOKENS)).pull("toy")


def test_a_model_of_our_own_cannot_be_pulled(tmp_path: Path) -> None:
    write_card(tmp_path, "own")
    with pytest.raises(PullError, match="restore it from the repository"):
        pull(tmp_path, ["own"], progress=lambda _: None)


def test_every_failure_is_reported_at_once(tmp_path: Path) -> None:
    write_card(tmp_path, "one")
    write_card(tmp_path, "two")
    with pytest.raises(PullError, match=r"(?s)model one: .*model two: "):
        pull(tmp_path, [], progress=lambda _: None)


def test_a_folder_without_cards(tmp_path: Path) -> None:
    with pytest.raises(PullError, match=r"no model cards in .*SLUICE_MODELS"):
        pull(tmp_path, [], progress=lambda _: None)


def test_the_real_cards_name_converters_that_exist() -> None:
    named = {repository.load(MODELS, name).converter for name in repository.names(MODELS)} - {""}
    assert named == set(CONVERTERS)
