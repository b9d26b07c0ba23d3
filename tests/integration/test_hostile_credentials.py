"""Files that are built to harm whoever reads their credentials harm nobody."""

import json
import subprocess
import sys
from pathlib import Path

from sluice.local.authority import issue_chain
from tests.tamper.hostile import hostile

MOST_RESIDENT = 1 << 30
_WATCH = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(child.pid, 0)
print("resident", used.ru_maxrss << 10)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command and tells its memory, and that of its children: the largest of them. A process's figure begins with
that of whoever started it (Linux keeps it over exec), so the tests' own process must not be the one."""


def test_every_hostile_file_is_invalid_and_costs_little(tmp_path: Path) -> None:
    files = hostile()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "root.pem").write_bytes(issue_chain()["root.pem"])
    command = [sys.executable, "-m", "sluice.cli.main", "provenance", "verify", "--anchors", "root.pem", "--json"]
    watched = [sys.executable, "-c", _WATCH, *command, *files]
    found = subprocess.run(watched, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert (found.returncode, found.stderr) == (1, "")
    *lines, resident = found.stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    assert [each["file"] for each in answers] == list(files)
    assert {each["file"]: each["state"] for each in answers} == dict.fromkeys(files, "invalid")
    assert all(each["reason"] for each in answers)
    assert int(resident.removeprefix("resident ")) < MOST_RESIDENT
