"""One real Triton server for these tests, with the real models: tensors, queues and digests as in production."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.local.triton import start_server, write_repository
from sluice.models.triton_repository import graphs
from tests.integration.triton.toys import Hand
from tests.unit.model_files import MODELS


@pytest.fixture(scope="session")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """The running server."""
    folder = tmp_path_factory.mktemp("triton")
    lines: list[str] = []
    names = graphs(MODELS)
    write_repository(MODELS, names, folder / "repository")
    server = start_server(MODELS, names, folder / "repository", folder / "triton.log", os.environ, lines.append)
    hand = Hand(server, folder / "repository")
    yield hand
    hand.client.close()
    server.stop()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A model repository of a test's own."""
    return tmp_path / "models"
