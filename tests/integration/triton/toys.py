"""Small models with a card, for what one does not do to real ones; and a hand on a running Triton server."""

import hashlib
import os
import signal
from pathlib import Path

import numpy as np
import onnx
import tritonclient.grpc as triton_grpc
from onnx import TensorProto, helper, numpy_helper

from sluice.local.triton import ADMIN_HEADER, Server, write_repository
from sluice.models import repository
from sluice.models.engine import EngineSettings
from sluice.models.opened import Model, open_model
from sluice.models.triton_config import Options
from sluice.models.triton_settings import TritonSettings
from tests.unit.model_files import write_card

SIDES = 4


def rows(count: int, seed: int = 1) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Input for a toy."""
    return {"pixels": np.random.default_rng(seed).integers(0, 256, (count, SIDES), np.uint8)}


def write_toy(models: Path, name: str, factor: float = 1.0, version: int = 1) -> None:
    """A model whose two outputs are sums of its four inputs, times `factor`; the card is of this version."""
    weights = numpy_helper.from_array(
        (np.arange(SIDES * 2, dtype=np.float32).reshape(SIDES, 2) * np.float32(factor)), "w"
    )
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["pixels"], ["x"], to=TensorProto.FLOAT),
            helper.make_node("MatMul", ["x", "w"], ["p"]),
        ],
        name,
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDES])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 2])],
        [weights],
    )
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9).SerializeToString()
    onnx.checker.check_model(onnx.load_from_string(data))
    file = {"name": "model.onnx", "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "origin": "trained"}
    tensors = [{"name": "pixels", "dtype": "uint8", "shape": ["n", SIDES]}]
    write_card(models, name, version=version, files=[file], inputs=tensors)
    (models / name / "config.pbtxt").write_text("max_batch_size: 8\n")
    path = models / name / str(version) / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


class Hand:
    """What an operator can do to a server: load, unload, kill a model's process."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.client = triton_grpc.InferenceServerClient(server.url)
        self._admin = {ADMIN_HEADER: server.keys.admin}

    def load(self, name: str) -> None:
        """Loads a model of the server's repository as it is now; returns once it serves."""
        self.client.load_model(name, headers=self._admin)

    def unload(self, name: str) -> None:
        """Takes a model away."""
        self.client.unload_model(name, headers=self._admin)

    def add(self, models: Path, name: str, options: Options | None = None) -> None:
        """Puts a model into the server's repository and loads it."""
        write_repository(models, [name], self.folder, {name: options or Options()})
        self.load(name)

    def kill_process_of(self, name: str) -> None:
        """Kills the process that runs the model, as the kernel does where memory is short."""
        wanted = f"{self.folder / name}/".encode()
        stubs = [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if wanted in _read(path) and b"python_backend_stub" in _read(path)
        ]
        assert stubs, f"no process runs {name}"
        for stub in stubs:
            os.kill(stub, signal.SIGKILL)

    def settings(
        self, deadline_ms: int = 20_000, shared_memory: bool = False, cpu_fallback: bool = False
    ) -> EngineSettings:
        """How this server is reached."""
        key = self.server.keys.memory
        return EngineSettings(
            triton=TritonSettings(self.server.url, deadline_ms, shared_memory, key, cpu_fallback=cpu_fallback)
        )

    def open(self, models: Path, name: str, settings: EngineSettings | None = None) -> Model:
        """The model as a check opens it, without the graph at hand: with the card alone."""
        return open_model(models, name, settings or self.settings())


def without_graph(models: Path, name: str) -> Path:
    """The same repository as a service has it whose models run elsewhere: no graphs."""
    card = repository.load(models, name)
    (repository.folder(models, card) / repository.MODEL).unlink()
    return models


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It ended meanwhile.
        return b""
