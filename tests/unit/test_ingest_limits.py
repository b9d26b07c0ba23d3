"""What a decoder process cannot do, tried in real processes."""

import signal
import subprocess
import sys

import pytest

BEGIN = """
import os, socket
from ingest.decoder.limits import limit_child, limit_worker

def attempt(work):
    try:
        work()
    except (OSError, MemoryError) as error:
        os.write(1, type(error).__name__.encode())
    else:
        os.write(1, b"done")
"""


def run(script: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", BEGIN + script], capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        ("attempt(lambda: os.open(os.devnull, 0))", b"OSError"),
        ("attempt(socket.socket)", b"OSError"),
        ("attempt(os.pipe)", b"OSError"),
        ("attempt(lambda: os.close(0) or os.open(os.devnull, 0))", b"OSError"),
        ("attempt(lambda: bytearray(1 << 30))", b"MemoryError"),
        ("attempt(lambda: bytearray(1 << 20))", b"done"),
    ],
)
def test_a_worker_can_compute_and_nothing_else(work: str, outcome: bytes) -> None:
    done = run(f"limit_child(512); limit_worker(30)\n{work}")
    assert (done.stdout, done.returncode) == (outcome, 0), done.stderr


def test_a_worker_runs_out_of_processor_time() -> None:
    done = run("limit_worker(1)\nwhile True: pass")
    assert done.returncode in {-signal.SIGKILL, -signal.SIGXCPU}


def test_a_child_writes_no_files_and_leaves_no_core() -> None:
    done = run(
        "import resource\nlimit_child(512)\n"
        "limits = [resource.getrlimit(which) for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)]\n"
        "os.write(1, repr(limits).encode())"
    )
    assert done.stdout == b"[(0, 0), (0, 0)]", done.stderr


def test_a_lower_limit_stays() -> None:
    done = run(
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\nlimit_child(512)\n"
        "os.write(1, repr(resource.getrlimit(resource.RLIMIT_AS)[1] >> 20).encode())"
    )
    assert done.stdout == b"400", done.stderr
