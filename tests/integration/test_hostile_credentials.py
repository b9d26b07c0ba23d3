"""Files that are built to harm whoever reads their credentials harm nobody."""

import json
import os
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
    with (tmp_path / "told").open("wb+") as told, (tmp_path / "errors").open("wb+") as errors:
        child = subprocess.Popen([*command, *files], stdout=told, stderr=errors, cwd=tmp_path)
        # Of this child and its own, and of no other that the tests have had.
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert (child.returncode, (tmp_path / "errors").read_text()) == (1, "")
    answers = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert [each["file"] for each in answers] == list(files)
    assert {each["file"]: each["state"] for each in answers} == dict.fromkeys(files, "invalid")
    assert all(each["reason"] for each in answers)
    # Linux counts KiB; the largest of them all.
    assert used.ru_maxrss << 10 < MOST_RESIDENT
