"""Copying a model repository: whole files, nothing twice, and what only the copy has stays."""

from pathlib import Path

from sluice.models.copied import copy_repository


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / "toy" / name.replace("_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_copied(tmp_path: Path) -> None:
    write(tmp_path / "image", card="a card", **{"1_heads": "weights"})
    copy_repository(tmp_path / "image", tmp_path / "volume")
    assert read(tmp_path / "volume") == {"toy/card": "a card", "toy/1/heads": "weights"}


def test_a_newer_card_replaces_the_old_one_and_pulled_weights_stay(tmp_path: Path) -> None:
    write(tmp_path / "image", card="a card of release 2")
    write(tmp_path / "volume", card="a card of release 1", **{"1_model": "pulled"})
    copy_repository(tmp_path / "image", tmp_path / "volume")
    assert read(tmp_path / "volume") == {"toy/card": "a card of release 2", "toy/1/model": "pulled"}


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    write(tmp_path / "image", card="a card")
    copy_repository(tmp_path / "image", tmp_path / "volume")
    before = (tmp_path / "volume/toy/card").stat().st_ino
    copy_repository(tmp_path / "image", tmp_path / "volume")
    assert (tmp_path / "volume/toy/card").stat().st_ino == before
