"""python -m deploy.grafana [FOLDER]        writes every dashboard; without FOLDER to where they are committed"""

import sys
from pathlib import Path
from typing import Final

from deploy.grafana.boards import ALL

FOLDER: Final = Path(__file__).with_name("dashboards")


def write(folder: Path) -> list[Path]:
    """Writes all, and takes away what is no longer one of them; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / f"{board.name}.json": board.text() for board in ALL}
    for path in folder.glob("*.json"):
        if path not in files:
            path.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


if __name__ == "__main__":
    for written in write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        sys.stdout.write(f"{written}\n")
