"""What production is told, read with Triton's own schema, says what the cards say."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as config_pb

from sluice.errors import NotReadyError
from sluice.models import repository, triton_contract
from sluice.models.triton_config import Options, Queue, config_text
from sluice.models.triton_repository import config_of, graphs, main, write_model
from tests.unit.model_files import MODELS, sha256, write_card
from tests.unit.model_files import write_model as write_graph

DEPLOY = MODELS.parent / "deploy" / "triton"
COMMITTED = sorted(DEPLOY.glob("repository*/*/config.pbtxt"))


def parsed(text: str) -> config_pb.ModelConfig:
    """Raises text_format.ParseError for what Triton would not read."""
    return text_format.Parse(text, config_pb.ModelConfig())


def options_of(path: Path) -> Options:
    """How a committed repository was made."""
    return Options("tensorrt", gpus=1) if path.parents[1].name == "repository-tensorrt" else Options()


def test_every_graph_has_a_production_config() -> None:
    assert {path.parent.name for path in (DEPLOY / "repository").glob("*/config.pbtxt")} == set(graphs(MODELS))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_committed_config_is_what_the_card_gives_and_what_a_client_accepts(path: Path) -> None:
    card = repository.load(MODELS, path.parent.name)
    text = path.read_text()
    made = "made by: python -m sluice.models.triton_repository deploy/triton/repository --configs-only"
    assert text == config_of(MODELS, card, options_of(path)), made
    config = parsed(text)
    assert triton_contract.check(card, config) == config.max_batch_size >= 4
    assert config.platform == "onnxruntime_onnx"


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_queues_refuse_and_the_unmarked_wait_behind_the_urgent(path: Path) -> None:
    config = parsed(path.read_text())
    batching = config.dynamic_batching
    assert (batching.priority_levels, batching.default_priority_level) == (2, 2)
    urgent, bulk = batching.priority_queue_policy[1], batching.default_queue_policy
    for policy in (urgent, bulk):
        assert policy.timeout_action == config_pb.ModelQueuePolicy.REJECT
        assert policy.allow_timeout_override
        assert policy.max_queue_size > 0
    assert urgent.default_timeout_microseconds < bulk.default_timeout_microseconds
    assert config.version_policy.WhichOneof("policy_choice") == "all"
    assert [each.batch_size for each in config.model_warmup] == [1, min(8, config.max_batch_size)]
    for warmup in config.model_warmup:
        assert {*warmup.inputs} == {each.name for each in config.input}


def test_tensorrt_is_an_accelerator_on_a_gpu() -> None:
    card = repository.load(MODELS, "face_ssd")
    config = parsed(config_text(card, 8, Options("tensorrt", gpus=2)))
    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert (accelerator.name, accelerator.parameters["precision_mode"]) == ("tensorrt", "FP16")
    assert [(each.kind, each.count) for each in config.instance_group] == [(config_pb.ModelInstanceGroup.KIND_GPU, 2)]
    assert not parsed(config_text(card, 8)).HasField("optimization")


def test_options_reach_the_config() -> None:
    card = repository.load(MODELS, "face_age")
    queue = Queue(urgent_ms=2, urgent_most=3, bulk_ms=4, bulk_most=5, delay_us=6)
    config = parsed(config_text(card, 16, Options("python", queue=queue, parameters={"a": "b"}), {7: "00"}))
    batching = config.dynamic_batching
    urgent, bulk = batching.priority_queue_policy[1], batching.default_queue_policy
    assert (urgent.default_timeout_microseconds, urgent.max_queue_size) == (2000, 3)
    assert (bulk.default_timeout_microseconds, bulk.max_queue_size) == (4000, 5)
    assert batching.max_queue_delay_microseconds == 6
    assert (config.backend, config.parameters["a"].string_value) == ("python", "b")
    assert config.parameters["sluice.sha256.7"].string_value == "00"
    assert config.parameters["sluice.sha256.1"].string_value == card.files[0].sha256


def small(models: Path, data: bytes = b"model", version: int = 1) -> None:
    """A model that no engine could load; its bytes are all that matters here."""
    file = {"name": "model.onnx", "sha256": sha256(data), "size": len(data), "origin": "trained"}
    write_card(models, "toy", version=version, files=[file])
    (models / "toy" / "config.pbtxt").write_text("max_batch_size: 4\n")
    write_graph(models, "toy", data).rename(_place(models, version))


def _place(models: Path, version: int) -> Path:
    path = models / "toy" / str(version) / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    return path


def test_versions_are_served_side_by_side_each_with_its_digest(tmp_path: Path) -> None:
    models, out = tmp_path / "models", tmp_path / "out"
    small(models)
    write_model(models, "toy", out)
    small(models, b"later", version=2)
    assert write_model(models, "toy", out) == out / "toy" / "2"
    config = parsed((out / "toy" / "config.pbtxt").read_text())
    assert config.parameters["sluice.sha256.1"].string_value == sha256(b"model")
    assert config.parameters["sluice.sha256.2"].string_value == sha256(b"later")
    assert (out / "toy" / "1" / "model.onnx").read_bytes() == b"model"


def test_a_version_is_never_overwritten(tmp_path: Path) -> None:
    models, out = tmp_path / "models", tmp_path / "out"
    small(models)
    write_model(models, "toy", out)
    small(models, b"other")
    with pytest.raises(NotReadyError, match="another graph than the card's: give the new one another version"):
        write_model(models, "toy", out)
    assert (out / "toy" / "1" / "model.onnx").read_bytes() == b"model"


def test_a_graph_that_is_not_the_cards_is_not_served(tmp_path: Path) -> None:
    models, out = tmp_path / "models", tmp_path / "out"
    small(models)
    (models / "toy" / "1" / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(NotReadyError, match="is missing or not the card's; run: sluice models pull toy"):
        write_model(models, "toy", out)
    assert list((out / "toy").rglob("*.onnx")) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models, out = tmp_path / "models", tmp_path / "out"
    small(models)
    assert main([str(out), "--models", str(models), "--backend", "tensorrt"]) == 0
    assert capsys.readouterr().out == "toy\n"
    assert parsed((out / "toy" / "config.pbtxt").read_text()).instance_group[0].count == 1
    (models / "toy" / "config.pbtxt").unlink()
    assert main([str(out), "--models", str(models)]) == 1
    assert "no line `max_batch_size: N`" in capsys.readouterr().err
