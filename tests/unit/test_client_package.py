"""What a generator's process loads with the client, and what it can import."""

import subprocess
import sys

import pytest

import sluice.client
from sluice.client import sync as blocking

HEAVY = ("numpy", "PIL", "grpc", "google.protobuf", "confluent_kafka", "onnxruntime", "cryptography", "fastapi")


@pytest.mark.parametrize("module", ["sluice.client", "sluice.client.sync"])
def test_a_client_of_a_gateway_loads_no_more_than_it_needs(module: str) -> None:
    made = (
        f"import sys, {module} as c; c.Client('https://sluice.example.org', 'sk-sluice-key', env={{}}).moderate('x')"
    )
    asked = f"{made}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_everything_that_is_named_is_there_and_both_forms_have_the_same_names() -> None:
    assert [name for name in sluice.client.__all__ if not hasattr(sluice.client, name)] == []
    for name in ("Client", "Gate", "moderate"):
        assert getattr(blocking, name) is not getattr(sluice.client, name)
    both = {name for name in vars(blocking.Gate) if not name.startswith("_")}
    others = {name for name in vars(sluice.client.Gate) if not name.startswith("_")}
    assert (both - others, others - both) == ({"stopped"}, {"run"})
