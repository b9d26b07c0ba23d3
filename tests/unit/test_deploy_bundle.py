"""A container's bundle gives away nothing, and what the kernel says of a process is read as it is meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.images.bundle import HOME, write_bundle
from deploy.images.confinement import confinement_of

IMAGE = {
    "Entrypoint": ["/opt/sluice/env/bin/sluice"],
    "Cmd": ["serve"],
    "Env": ["SLUICE_SERVICE=ingest", "SLUICE_HOME=/var/lib/sluice"],
    "WorkingDir": HOME,
}
STATUS = """\
Name:\tsluice
Uid:\t10001\t10001\t10001\t10001
Gid:\t10001\t10001\t10001\t10001
CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t0000000000000000
CapAmb:\t0000000000000000
NoNewPrivs:\t1
"""
MOUNTS = """\
20 1 0:1 / / ro,relatime - ext4 /dev/vda rw
21 20 0:2 / /proc rw,nosuid - proc proc rw
22 20 0:3 / /tmp rw,nosuid - tmpfs tmpfs rw
23 20 0:4 / /var/lib/sluice rw,nosuid - ext4 /dev/vda rw
"""


def bundle(folder: Path, arguments: list[str]) -> dict[str, Any]:
    write_bundle(
        folder, Path("/root-of-image"), IMAGE, arguments, {"SLUICE_HOME": "/elsewhere"}, Path("/home-folder")
    )
    found: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return found


def test_the_images_own_command_runs_unless_another_is_asked_for(tmp_path: Path) -> None:
    assert bundle(tmp_path, [])["process"]["args"] == ["/opt/sluice/env/bin/sluice", "serve"]
    asked = bundle(tmp_path, ["topics", "create"])["process"]["args"]
    assert asked == ["/opt/sluice/env/bin/sluice", "topics", "create"]


def test_variables_of_the_image_are_kept_and_ours_come_over_them(tmp_path: Path) -> None:
    assert set(bundle(tmp_path, [])["process"]["env"]) == {"SLUICE_SERVICE=ingest", "SLUICE_HOME=/elsewhere"}


def test_a_container_may_do_nothing_but_run(tmp_path: Path) -> None:
    config = bundle(tmp_path, [])
    assert config["root"] == {"path": "/root-of-image", "readonly": True}
    assert config["process"]["user"] == {"uid": 10001, "gid": 10001}
    assert config["process"]["noNewPrivileges"] is True
    assert not any(config["process"]["capabilities"].values())
    assert {mount["destination"] for mount in config["mounts"]} == {"/proc", "/dev", "/tmp", HOME}


def process(proc: Path, status: str, mounts: str) -> Path:
    folder = proc / "7"
    folder.mkdir()
    (folder / "status").write_text(status)
    (folder / "mountinfo").write_text(mounts)
    return proc


def test_a_confined_process_has_no_problems(tmp_path: Path) -> None:
    found = confinement_of(7, process(tmp_path, STATUS, MOUNTS))
    assert found.problems() == []
    assert found.writable == ("/tmp", "/var/lib/sluice")


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("Uid:\t10001\t10001", "Uid:\t10001\t0", "it is not user 10001"),
        ("CapBnd:\t0000000000000000", "CapBnd:\t0000000000000400", "it has capabilities"),
        ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "it may gain privileges"),
        ("/ / ro,", "/ / rw,", "its root can be written"),
        ("/ /tmp rw", "/ /srv rw", "/srv can be written"),
    ],
)
def test_whatever_is_loose_is_named(tmp_path: Path, right: str, wrong: str, problem: str) -> None:
    found = confinement_of(7, process(tmp_path, STATUS.replace(right, wrong), MOUNTS.replace(right, wrong)))
    assert problem in found.problems()


def test_what_lies_over_a_mount_is_what_counts(tmp_path: Path) -> None:
    over = "24 20 0:5 / / rw,relatime - ext4 /dev/vda rw\n"
    assert not confinement_of(7, process(tmp_path, STATUS, MOUNTS + over)).root_read_only
