"""`sluice models`: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sluice.cli.models import app
from tests.unit.model_files import write_card, write_model


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLUICE_MODELS", str(tmp_path))
    return tmp_path


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_list_tells_how_each_model_stands(models: Path) -> None:
    write_card(models, "good")
    write_model(models, "good")
    write_card(models, "gone")
    write_card(models, "bad", title=None)
    result = CliRunner().invoke(app, ["list", "--json"])
    assert result.exit_code == 0
    found = {line["name"]: line for line in lines(result.output)}
    assert {name: line["state"] for name, line in found.items()} == {
        "good": "ready",
        "gone": "missing",
        "bad": "bad card",
    }
    assert len(str(found["good"]["digest"])) == 64
    assert "title should be" in str(found["bad"]["detail"])


@pytest.mark.parametrize(("data", "status"), [(b"model", 0), (b"other", 1), (None, 1)])
def test_verify_exits_1_when_something_is_wrong(models: Path, data: bytes | None, status: int) -> None:
    write_card(models, "toy")
    if data is not None:
        write_model(models, "toy", data)
    assert CliRunner().invoke(app, ["verify", "--json"]).exit_code == status
    assert CliRunner().invoke(app, ["verify", "toy"]).exit_code == status


def test_verify_of_nothing_is_not_well(models: Path) -> None:
    assert models.is_dir()
    assert CliRunner().invoke(app, ["verify"]).exit_code == 1


def test_pull_says_what_it_does_and_fails_loudly(models: Path) -> None:
    write_card(models, "toy")
    result = CliRunner().invoke(app, ["pull", "toy"])
    assert (result.exit_code, "restore it from the repository" in result.output) == (1, True)
    write_model(models, "toy")
    result = CliRunner().invoke(app, ["pull"])
    assert (result.exit_code, result.output) == (0, "toy: already here\n")


def test_pull_into_a_folder_leaves_the_repository_as_it_is(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write_card(models, "toy")
    write_model(models, "toy")
    volume = tmp_path_factory.mktemp("volume")
    result = CliRunner().invoke(app, ["pull", "--into", str(volume)])
    assert (result.exit_code, result.output) == (0, "toy: already here\n")
    assert (volume / "toy/card.yaml").read_bytes() == (models / "toy/card.yaml").read_bytes()
    (volume / "toy/1/model.onnx").unlink()
    assert CliRunner().invoke(app, ["verify"]).exit_code == 0
