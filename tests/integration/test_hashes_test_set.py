"""The set with which an operator tries known content, sent through the whole stack."""

import json
import subprocess
import sys
from pathlib import Path

from sluice.local.state import Running


def test_the_test_set_is_blocked_and_reported_as_a_test(stack: Running, tmp_path: Path) -> None:
    home = Path(stack.object_store.removeprefix("file://")).parent
    command = [
        sys.executable,
        "-m",
        "sluice.cli.main",
        "hashes",
        "test-set",
        str(tmp_path / "set"),
        "--send",
        "--json",
    ]
    env = {"SLUICE_HOME": str(home), "PATH": ""}
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=180)
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert (told.returncode, len(rows)) == (0, 13), told.stdout + told.stderr
    listed, others = rows[:12], rows[12:]
    assert {(row["decision"], row["rule"], row["incident"]) for row in listed} == {("BLOCK", "known-csam", "test")}
    assert [(row["rule"], row["matches"], row["incident"]) for row in others] == [("", "", "")]
