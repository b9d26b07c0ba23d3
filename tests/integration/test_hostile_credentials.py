"""Files that are built to harm whoever reads their credentials harm nobody."""

import json
import resource
import subprocess
import sys
from pathlib import Path

from sluice.local.authority import issue_chain
from tests.tamper.hostile import hostile

MOST_RESIDENT = 1 << 30


def test_every_hostile_file_is_invalid_and_costs_little(tmp_path: Path) -> None:
    files = hostile()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.pem").write_bytes(issue_chain()["root.pem"])
    command = [sys.executable, "-m", "sluice.cli.main", "provenance", "verify", "--anchors", "root.pem", "--json"]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=200)
    assert (done.returncode, done.stderr) == (1, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["file"] for each in answers] == list(files)
    assert {each["file"]: each["state"] for each in answers} == dict.fromkeys(files, "invalid")
    assert all(each["reason"] for each in answers)
    # Linux counts KiB; the largest of all children so far.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10 < MOST_RESIDENT
