"""Fetching Kafka: once, whole or not at all, and with a word on what is missing."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice.errors import NotReadyError
from sluice.local.distribution import POM, distribution_folder, ensure_kafka, is_complete

JAVA = "#!/bin/sh\nprintf 'openjdk version \"17.0.1\"\\n' >&2\n"
MAVEN = """#!/bin/sh
echo run >> "$0.calls"
for word in "$@"; do case "$word" in -DoutputDirectory=*) libs="${word#-DoutputDirectory=}";; esac; done
mkdir -p "$libs" && echo jar > "$libs/kafka.jar"
"""
BROKEN_MAVEN = "#!/bin/sh\necho '[ERROR] no route to the repository'\nexit 1\n"


def machine(tmp_path: Path, maven: str | None) -> Mapping[str, str]:
    """An environment whose PATH holds only what a test puts there, and a shell for that."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in {"java": JAVA, "mvn": maven}.items():
        if script is not None:
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
    shell = shutil.which("mkdir")
    assert shell is not None
    (tools / "mkdir").symlink_to(shell)
    return {"PATH": str(tools), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def heard(lines: list[str]) -> str:
    return "\n".join(lines)


def test_the_jars_are_fetched_once(tmp_path: Path) -> None:
    env = machine(tmp_path, MAVEN)
    said: list[str] = []
    libs = ensure_kafka(env, said.append)
    assert [jar.name for jar in libs.iterdir()] == ["kafka.jar"]
    assert "fetching Apache Kafka" in heard(said)
    said.clear()
    assert ensure_kafka(env, said.append) == libs
    assert said == []
    assert (tmp_path / "bin" / "mvn.calls").read_text() == "run\n"


def test_another_pom_means_other_jars(tmp_path: Path) -> None:
    env = machine(tmp_path, MAVEN)
    folder = ensure_kafka(env, print).parent
    assert is_complete(folder)
    (folder / POM.name).write_text("<project/>")
    assert not is_complete(folder)
    ensure_kafka(env, print)
    assert is_complete(folder)


def test_a_failed_fetch_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    env = machine(tmp_path, BROKEN_MAVEN)
    with pytest.raises(NotReadyError, match=r"no route to the repository.*sluice dev kafka"):
        ensure_kafka(env, print)
    folder = distribution_folder(env)
    assert not folder.exists()
    assert [path.name for path in folder.parent.iterdir()] == [f".{folder.name}.lock"]


def test_without_maven_the_command_that_installs_it_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="apt-get install maven") as caught:
        ensure_kafka(machine(tmp_path, None), print)
    assert "\n" not in str(caught.value)


def test_a_folder_of_ones_own_can_be_named(tmp_path: Path) -> None:
    assert distribution_folder({"SLUICE_KAFKA_DIST": str(tmp_path / "mine")}) == tmp_path / "mine"


def test_an_unpacked_kafka_is_used_as_it_is(tmp_path: Path) -> None:
    libs = tmp_path / "mine" / "libs"
    libs.mkdir(parents=True)
    (libs / "kafka_2.13-4.3.1.jar").touch()
    assert ensure_kafka({"SLUICE_KAFKA_DIST": str(tmp_path / "mine")}, print) == libs


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "mine" / "precious"
    precious.mkdir(parents=True)
    env = {**machine(tmp_path, MAVEN), "SLUICE_KAFKA_DIST": str(tmp_path / "mine")}
    with pytest.raises(NotReadyError, match="holds something that is not Kafka"):
        ensure_kafka(env, print)
    assert precious.exists()


def test_the_default_folder_names_the_version_of_the_pom(tmp_path: Path) -> None:
    folder = distribution_folder({"HOME": str(tmp_path)})
    assert folder == tmp_path / ".cache" / "sluice" / "kafka-4.3.1"
    assert POM.read_text().count("<version>4.3.1</version>") == 2
