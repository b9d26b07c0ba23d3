"""A child that reads what strangers made has little of everything, and says how it ended."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice.confined import Ended, Fate, answered, run_confined
from sluice.errors import RetryableError

Run = Callable[..., Ended]

BODY = """
import sys
from sluice.confined import confine
confine()
data = sys.stdin.buffer.read()
{}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a few lines as a confined child."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))

    def once(lines: str, seconds: float = 60.0) -> Ended:
        (tmp_path / "toy_child.py").write_text(BODY.format(lines))
        return run_confined("toy_child", [], b"input", seconds)

    return once


def test_a_child_answers(run: Run) -> None:
    assert run("print(data.decode(), len(sys.argv))") == Ended(Fate.ANSWERED, b"input 1\n")


@pytest.mark.parametrize(
    ("lines", "fate"),
    [
        ("bytearray(2 << 30)", Fate.DIED),
        ("sys.stdout.write('x' * (2 << 20))", Fate.DIED),
        ("open('/dev/null')", Fate.DIED),
        ("import os; os.close(2); os.open('/dev/null', 0)", Fate.DIED),
        ("import socket; socket.socket()", Fate.DIED),
        ("import os; os.abort()", Fate.DIED),
        ("sys.exit(3)", Fate.DIED),
        ("while True: pass", Fate.SLOW),
    ],
)
def test_it_ends_where_it_asks_for_more_than_there_is(run: Run, lines: str, fate: Fate) -> None:
    assert run(lines) == Ended(fate)


def test_a_child_that_sleeps_is_stopped(run: Run) -> None:
    assert run("import time; time.sleep(60)", seconds=2.0) == Ended(Fate.SLOW)


def test_it_is_told_nothing_in_confidence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "secret")
    assert b"secret" not in run("import os; print(dict(os.environ))").answer


def test_nothing_is_imported_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert run_confined("sluice.credentials.child", ["1"], b"").fate is Fate.DIED
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RetryableError, match="did not start"):
        run_confined("sluice.credentials.child", ["1"], b"")


@pytest.mark.parametrize("executable", ["/nonexistent", "/bin/false"])
def test_a_child_that_does_not_start_is_worth_another_try(monkeypatch: pytest.MonkeyPatch, executable: str) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(RetryableError, match="the child that reads strangers' files"):
        run_confined("sluice.credentials.child", ["1"], b"")


def test_the_limits_are_those_of_the_process_that_asks_for_them() -> None:
    code = "import resource as r; from sluice.confined import confine; confine(7); print(r.getrlimit(r.RLIMIT_AS)[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"ready\n%d\n" % ((1 << 30) + 21)


@pytest.mark.parametrize("answer", [b"", b"[1]", b"not json", b"[" * 200_000])
def test_what_is_no_json_object_is_no_answer(answer: bytes) -> None:
    assert answered(Ended(Fate.ANSWERED, answer)) is None
    assert answered(Ended(Fate.DIED, b"{}")) is None
    assert answered(Ended(Fate.ANSWERED, b'{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_child_that_somebody_stopped_says_nothing_of_its_input(run: Run, number: signal.Signals) -> None:
    """A terminal's Ctrl-C reaches children too: no upload is false because of it."""
    with pytest.raises(RetryableError, match="stopped from outside"):
        # Whoever started the tests may have them ignore a signal, as nohup does, and so would the child.
        run(f"import os, signal; signal.signal({int(number)}, signal.SIG_DFL); os.kill(os.getpid(), {int(number)})")


def test_a_disk_that_takes_no_files_is_not_the_inputs_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(RetryableError, match="could not be started"):
        run("print(data)")
