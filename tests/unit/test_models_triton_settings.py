"""SLUICE_TRITON_*: nothing set is no Triton, and what cannot work is named."""

import pytest

from sluice.errors import ConfigError
from sluice.models.engine import read_engine
from sluice.models.triton_settings import TritonSettings, read_triton
from sluice.settings import Reader


def test_without_a_url_models_run_here() -> None:
    assert read_triton(Reader({})) is None
    assert read_engine(Reader({})).triton is None


@pytest.mark.parametrize("url", ["triton:8001", "127.0.0.1:1", "triton.prod.svc.cluster.local:65535", "[::1]:8001"])
def test_an_address(url: str) -> None:
    reader = Reader({"SLUICE_TRITON_URL": url})
    assert read_engine(reader).triton == TritonSettings(url)
    reader.finish()


def test_everything_set() -> None:
    env = {
        "SLUICE_TRITON_URL": "localhost:8001",
        "SLUICE_TRITON_DEADLINE_MS": "250",
        "SLUICE_TRITON_SHARED_MEMORY": "1",
        "SLUICE_TRITON_MEMORY_KEY": "key",
        "SLUICE_TRITON_CPU_FALLBACK": "1",
    }
    reader = Reader(env)
    assert read_triton(reader) == TritonSettings("localhost:8001", 250, True, "key", cpu_fallback=True)
    reader.finish()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLUICE_TRITON_URL", "http://triton:8001"),
        ("SLUICE_TRITON_URL", "triton"),
        ("SLUICE_TRITON_URL", "triton:0"),
        ("SLUICE_TRITON_URL", "triton:65536"),
        ("SLUICE_TRITON_DEADLINE_MS", "9"),
        ("SLUICE_TRITON_SHARED_MEMORY", "yes"),
        ("SLUICE_TRITON_CPU_FALLBACK", "maybe"),
    ],
)
def test_a_wrong_value_names_the_variable(name: str, value: str) -> None:
    reader = Reader({"SLUICE_TRITON_URL": "triton:8001", name: value})
    read_triton(reader)
    with pytest.raises(ConfigError, match=name):
        reader.finish()


def test_memory_is_not_shared_with_another_machine() -> None:
    reader = Reader({"SLUICE_TRITON_URL": "triton:8001", "SLUICE_TRITON_SHARED_MEMORY": "1"})
    read_triton(reader)
    with pytest.raises(ConfigError, match="needs a Triton on this machine"):
        reader.finish()
