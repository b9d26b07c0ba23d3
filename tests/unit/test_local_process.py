"""Children: logged, stopped within a bound, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sluice.local.process import Process, stop_all

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


def start(name: str, code: str, tmp_path: Path) -> Process:
    return Process.start(name, [sys.executable, "-c", code], os.environ, tmp_path / f"{name}.log")


def wait_for(words: str, log: Path, seconds: float = 20.0) -> None:
    give_up = time.monotonic() + seconds
    while words not in log.read_text():
        assert time.monotonic() < give_up, f"{log} never said {words!r}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_output_and_exit_status_are_kept(tmp_path: Path) -> None:
    process = start("one", "import sys; print('out'); sys.exit('config is wrong')", tmp_path)
    assert process.wait(20)
    assert process.exit_code() == 1
    assert process.how_it_ended() == "exited with status 1: config is wrong"
    assert process.log.read_text().splitlines() == ["out", "config is wrong"]


def test_a_wrong_configuration_shows_every_line(tmp_path: Path) -> None:
    process = start("one", "import sys; sys.stderr.write('A is not set\\nB is not set\\n'); sys.exit(78)", tmp_path)
    assert process.wait(20)
    assert process.how_it_ended() == "exited with status 78: A is not set; B is not set"


def test_all_are_stopped_and_the_stubborn_are_killed(tmp_path: Path) -> None:
    polite, stubborn = start("polite", SLEEP, tmp_path), start("stubborn", STUBBORN, tmp_path)
    wait_for("deaf", stubborn.log)
    assert stop_all([polite, stubborn], seconds=5.0) == [stubborn]
    assert polite.exit_code() == -signal.SIGTERM
    assert stubborn.exit_code() == -signal.SIGKILL
    assert stubborn.how_it_ended() == "was ended by SIGKILL: deaf"


def test_a_program_that_is_not_there_ends_with_an_error(tmp_path: Path) -> None:
    process = Process.start("none", [str(tmp_path / "nothing")], os.environ, tmp_path / "none.log")
    assert process.wait(20)
    assert process.exit_code() == 1
    assert "FileNotFoundError" in process.last_words()


def test_children_are_out_of_reach_of_the_terminals_signals(tmp_path: Path) -> None:
    process = start("one", SLEEP, tmp_path)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.kill()


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = f"""
import os, pathlib, sys, time
from sluice.local.process import Process
folder = pathlib.Path({str(tmp_path)!r})
child = Process.start("child", [sys.executable, "-c", "print('up', flush=True); {SLEEP}"], os.environ, folder / "log")
(folder / "pid").write_text(str(child.pid))
print("started", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        pid = int((tmp_path / "pid").read_text())
        wait_for("up", tmp_path / "log")
        assert alive(pid)
        process.kill()
    give_up = time.monotonic() + 20
    while alive(pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not alive(pid)
