"""The script for production, run with the server that is here: it needs no more than a backend that has the model."""

import os
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sluice.local.ports import free_ports
from sluice.local.process import Process
from sluice.local.triton import ADMIN_HEADER, Keys, Server, write_repository
from sluice.local.triton_distribution import ensure_triton
from tests.unit.model_files import MODELS

SCRIPT = Path(__file__).parents[3] / "deploy" / "triton" / "start.sh"
NAME = "face_tiny"
PREFIX = "sluice-start-script-"


def test_start_sh_serves_and_asks_for_keys(tmp_path: Path) -> None:
    write_repository(MODELS, [NAME], tmp_path / "repository")
    shipped = ensure_triton(os.environ, lambda _: None)
    port, metrics = free_ports(2)
    keys = Keys()
    env = shipped.environment(os.environ) | {
        "REPOSITORY": str(tmp_path / "repository"),
        "GRPC_PORT": str(port),
        "METRICS_PORT": str(metrics),
        "ADMIN_KEY": keys.admin,
        "MEMORY_KEY": keys.memory,
    }
    env["PATH"] = f"{shipped.server.parent}{os.pathsep}{env['PATH']}"
    backend = f"--backend-config=python,shm-region-prefix-name={PREFIX}{port}-"
    command = ["/bin/sh", str(SCRIPT), f"--backend-directory={shipped.backends}", backend, "--exit-timeout-secs=5"]
    log = tmp_path / "log"
    server = Server(lambda: Process.start("triton", command, env, log), port, keys, f"{PREFIX}{port}-")
    try:
        server.wait_ready(MODELS, [NAME])
        with InferenceServerClient(server.url) as client:
            with pytest.raises(InferenceServerException, match="restricted"):
                client.load_model(NAME)
            with pytest.raises(InferenceServerException, match="restricted"):
                client.get_system_shared_memory_status()
            client.load_model(NAME, headers={ADMIN_HEADER: keys.admin})
    finally:
        server.stop()
