"""`sluice models add`, `verify` and `conform`, as an operator types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sluice.cli.models import app
from sluice.models.add import hub
from tests.unit.packs import edit
from tests.unit.vit import write_folder


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_pack_is_added_listed_verified_and_noticed_when_it_changes(models: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "house-vit")
    result = typed("add", folder, "--as", "image", "--map", "nude=sexual", "--map", "gore=violence/graphic:0.5")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, "house_vit: reading model.onnx (0 MB)")
    assert "house_vit: ready, version 1" in result.stdout
    assert "SLUICE_IMAGE_PACKS=nsfw_mobilenet,house_vit" in result.stdout
    listed = json.loads(typed("list", "--json").stdout)
    assert (listed["name"], listed["state"], listed["scores"]) == (
        "house_vit",
        "ready",
        ["sexual", "violence/graphic"],
    )
    assert typed("verify").exit_code == 0
    edit(models, "house_vit", {"resample: bilinear": "resample: nearest"})
    result = typed("verify", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["state"] == "other answers"
    assert "model house_vit: its golden output for" in found["detail"]
    (models / "house_vit" / "1" / "model.onnx").unlink()
    assert "or add it anew: sluice models add" in json.loads(typed("verify", "--json").stdout)["detail"]


def test_the_options_reach_the_card(models: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vit")
    said = ["--name", "mine", "--title", "Ours", "--licence", "Own", "--fit", "letterbox", "--resample", "bicubic"]
    said += ["--colour", "BGR", "--activation", "sigmoid", "--labels", "a,b,c,d,e", "--size", "32x32"]
    assert typed("add", folder, "--as", "image", "--map", "b=csam", *said).exit_code == 0
    card = (models / "mine" / "card.yaml").read_text()
    for words in ("title: Ours", "licence: Own", "letterbox", "bicubic", "BGR", "sigmoid", "[a, b, c, d, e]"):
        assert words in card


def test_a_pack_for_the_slot_is_pointed_there_and_can_be_tried(models: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "vendor")
    result = typed("add", folder, "--as", "image", "--map", "gore=csam:0.1")
    assert "set SLUICE_CSAM_PACK=vendor; try it first: sluice models conform vendor" in result.stdout
    result = typed("conform", "vendor", "--json")
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [finding["shown"] for finding in findings] == [True] * 9 + [False]
    # A network with random weights that counts for everything is not quiet about harmless pictures.
    shares = [
        word for label in ("harmless", "nude", "gore", "weapon", "cartoon") for word in ("--map", f"{label}=csam")
    ]
    assert typed("add", folder, "--as", "image", "--replace", *shares).exit_code == 0
    assert typed("conform", "vendor").exit_code == 1


def test_conform_of_what_is_not_there(models: Path) -> None:
    result = typed("conform", "absent")
    assert result.exit_code == 1
    assert "no model absent" in str(result.exception)


@pytest.mark.parametrize(
    "words",
    [
        ["--as", "text"],
        ["--as", "image", "--fit", "squash"],
        ["--as", "image", "--map", "nude=sexaul"],
        ["--as", "image", "--map", "nude"],
        ["--as", "image", "--size", "big"],
        ["--as", "image", "--mean", "1,2"],
        [],
    ],
)
def test_wrong_usage_is_2(models: Path, tmp_path: Path, words: list[str]) -> None:
    assert typed("add", write_folder(tmp_path / "vit"), *words).exit_code == 2
    assert not models.exists()


def test_what_cannot_be_added_is_1_and_says_what_to_do(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = typed("add", tmp_path / "absent.onnx", "--as", "image")
    assert (result.exit_code, "there is no such file or folder" in result.stderr) == (1, True)
    result = typed("add", write_folder(tmp_path / "vit"), "--as", "image")
    assert (result.exit_code, "Say --map LABEL=CATEGORY" in result.stderr) == (1, True)
    monkeypatch.setattr(hub, "HUB", "http://127.0.0.1:1")
    result = typed("add", "owner/vit", "--as", "image", "--map", "nude=sexual")
    assert (result.exit_code, "Download by hand, into one folder" in result.stderr) == (1, True)
    assert not models.exists()
