"""What a decoder process cannot do, tried in real processes."""

import signal
import subprocess
import sys

import pytest

BEGIN = """
import mmap, os, resource, socket, threading
from ingest.decoder.limits import limit_child, limit_worker

def attempt(work):
    try:
        work()
    except (OSError, MemoryError, RuntimeError, ValueError) as error:
        os.write(1, type(error).__name__.encode())
    else:
        os.write(1, b"done")
"""


def run(script: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", BEGIN + script], capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        ("attempt(lambda: os.open(os.devnull, 0))", b"PermissionError"),
        ("attempt(socket.socket)", b"PermissionError"),
        ("attempt(os.pipe)", b"PermissionError"),
        ("attempt(lambda: os.close(0) or os.open(os.devnull, 0))", b"PermissionError"),
        ("attempt(lambda: bytearray(1 << 30))", b"MemoryError"),
        ("attempt(os.fork)", b"PermissionError"),
        ("attempt(lambda: os.execv('/bin/true', ['true']))", b"PermissionError"),
        ("attempt(lambda: os.kill(os.getppid(), 0))", b"PermissionError"),
        ("attempt(lambda: os.stat('/'))", b"PermissionError"),
        ("attempt(lambda: os.sched_setaffinity(0, {0}))", b"PermissionError"),
        ("attempt(lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)))", b"ValueError"),
        ("attempt(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)))", b"ValueError"),
        ("attempt(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC))", b"PermissionError"),
        ("attempt(lambda: mmap.mmap(-1, 4096))", b"done"),
        ("attempt(lambda: threading.Thread(target=print).start())", b"RuntimeError"),
        ("attempt(lambda: bytearray(1 << 20))", b"done"),
    ],
)
def test_a_worker_can_compute_and_nothing_else(work: str, outcome: bytes) -> None:
    """As root, too, which limits alone do not bind."""
    done = run(f"limit_child(512, seccomp=True)\nlimit_worker(30, seccomp=True)\n{work}")
    assert (done.stdout, done.returncode) == (outcome, 0), done.stderr


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        (
            "thread = threading.Thread(target=lambda: os.write(1, b'thread ')); thread.start(); thread.join()",
            b"thread ",
        ),
        ("attempt(os.fork)", b"PermissionError"),
        ("attempt(socket.socket)", b"PermissionError"),
        ("attempt(lambda: os.open(os.devnull, 0))", b"PermissionError"),
    ],
)
def test_where_a_decoder_needs_threads_it_gets_them_and_no_processes(work: str, outcome: bytes) -> None:
    done = run(f"limit_child(512, seccomp=True)\nlimit_worker(30, seccomp=True, threads=True)\n{work}")
    assert (done.stdout, done.returncode) == (outcome, 0), done.stderr


@pytest.mark.parametrize(
    ("work", "outcome"),
    [
        ("attempt(socket.socket)", b"PermissionError"),
        ("attempt(socket.socketpair)", b"PermissionError"),
        ("attempt(lambda: os.execv('/bin/true', ['true']))", b"PermissionError"),
        ("attempt(lambda: os.close(os.open(os.devnull, 0)))", b"done"),
        ("attempt(lambda: os.waitpid(os.fork() or os._exit(0), 0))", b"done"),
    ],
)
def test_a_child_forks_workers_and_has_no_network(work: str, outcome: bytes) -> None:
    done = run(f"limit_child(512, seccomp=True)\n{work}")
    assert (done.stdout, done.returncode) == (outcome, 0), done.stderr


@pytest.mark.parametrize(
    "work",
    ["attempt(lambda: os.open(os.devnull, 0))", "attempt(socket.socket)", "attempt(os.pipe)"],
)
def test_without_a_filter_a_worker_still_opens_nothing(work: str) -> None:
    done = run(f"limit_child(512, seccomp=False)\nlimit_worker(30, seccomp=False)\n{work}")
    assert (done.stdout, done.returncode) == (b"OSError", 0), done.stderr


def test_a_machine_without_a_list_of_calls_says_what_to_set() -> None:
    done = run(
        "import platform\nfrom sluice.errors import FatalError\nplatform.machine = lambda: 'vax'\n"
        "try:\n    limit_child(512, seccomp=True)\n"
        "except FatalError as error:\n    os.write(1, str(error).encode())"
    )
    assert b"SLUICE_DECODER_SECCOMP=0" in done.stdout


def test_a_worker_runs_out_of_processor_time() -> None:
    done = run("limit_worker(1, seccomp=True)\nwhile True: pass")
    assert done.returncode in {-signal.SIGKILL, -signal.SIGXCPU}


def test_a_child_writes_no_files_and_leaves_no_core() -> None:
    done = run(
        "import resource\nlimit_child(512, seccomp=True)\n"
        "limits = [resource.getrlimit(which) for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)]\n"
        "os.write(1, repr(limits).encode())"
    )
    assert done.stdout == b"[(0, 0), (0, 0)]", done.stderr


def test_a_lower_limit_stays() -> None:
    done = run(
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\nlimit_child(512, seccomp=True)\n"
        "os.write(1, repr(resource.getrlimit(resource.RLIMIT_AS)[1] >> 20).encode())"
    )
    assert done.stdout == b"400", done.stderr
