"""The browser of the tests is pinned, whole, and fetched from the registry that npm is told to use."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "chromium"


def test_the_browser_is_pinned_and_names_no_registry() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert set(wanted) == {"@sparticuz/chromium"}
    assert packages.pop("")["dependencies"] == wanted
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert not any("resolved" in each for each in packages.values())
