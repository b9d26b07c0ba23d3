"""The example, run as a stranger runs it, with the simulator: every way that it can end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "gated_generation.py"


def run(out: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", str(EXAMPLE), "--out", str(out), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


def steps(output: str) -> int:
    """How many were taken."""
    return len(re.findall(r"^  step ", output, re.MULTILINE))


def test_an_allowed_picture_is_made_in_thirty_steps_and_kept(tmp_path: Path) -> None:
    done = run(tmp_path, "--simulate", "--step-seconds", "0", "sluice-test:allow a lighthouse")
    assert (done.returncode, done.stderr, steps(done.stdout)) == (0, "", 30)
    (picture,) = tmp_path.iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert f"NOT signed, for it is simulated: {picture}" in done.stdout


def test_a_refusal_cancels_the_loop_mid_way(tmp_path: Path) -> None:
    # Thirty steps would take a minute.
    done = run(tmp_path, "--simulate", "--step-seconds", "2", "sluice-test:block:violence@3 two knights")
    assert (done.returncode, done.stderr) == (1, "")
    assert 0 < steps(done.stdout) < 30
    assert f"cancelled after step {steps(done.stdout)} of 30" in done.stdout
    assert "refused: Violent content is not made here." in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("prompt", "status", "said", "told"),
    [
        ("sluice-test:output-block:sexual", 1, "refused: Sexual content", ""),
        ("sluice-test:incomplete", 3, "no answer: This could not be checked", ""),
        ("sluice-test:unavailable", 3, "no answer: This could not be checked", ""),
        ("no test prompt", 3, "no answer: This could not be checked", "(HTTP status 400, not_a_test)"),
    ],
)
def test_what_is_not_allowed_is_not_kept(tmp_path: Path, prompt: str, status: int, said: str, told: str) -> None:
    done = run(tmp_path, "--simulate", "--step-seconds", "0.01", prompt)
    assert done.returncode == status
    # Of a call that was wrong, what was wrong with it.
    assert told in done.stderr if told else done.stderr == ""
    assert said in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_without_a_prompt_it_shows_every_end(tmp_path: Path) -> None:
    done = run(tmp_path, "--simulate", "--step-seconds", "0.02")
    assert (done.returncode, done.stderr) == (0, "")
    for said in ("allowed", "refused", "no answer", "cancelled after step"):
        assert said in done.stdout
    assert len(list(tmp_path.iterdir())) == 2


def test_beside_a_gateway_there_is_no_simulator(tmp_path: Path) -> None:
    done = run(tmp_path, "--simulate", "x", SLUICE_URL="https://sluice.example.org")
    assert done.returncode == 78
    assert "the simulator moderates nothing" in done.stderr
    assert run(tmp_path, "x").returncode == 78
