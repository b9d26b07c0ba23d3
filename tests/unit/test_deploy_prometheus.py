"""Prometheus's own tool accepts its configuration, with every rule beside it."""

import re
import shutil
from pathlib import Path

from tests.promtool import promtool

FOLDER = Path(__file__).parents[2] / "deploy/prometheus"


def test_promtool_accepts_the_configuration_and_every_rule() -> None:
    status, words = promtool(["check", "config", FOLDER / "prometheus.yaml"])
    assert status == 0, words
    rules = sorted(FOLDER.glob("*.rules.yaml"))
    assert re.search(rf"SUCCESS: {len(rules)} rule files found", words), words
    for path in rules:
        assert path.name in words


def test_promtool_would_say_what_is_wrong(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "prometheus")
    broken = tmp_path / "prometheus/hash-matcher.rules.yaml"
    broken.write_text(broken.read_text().replace("absent(", "absent(("))
    status, words = promtool(["check", "config", tmp_path / "prometheus/prometheus.yaml"])
    assert status != 0
    assert "hash-matcher.rules.yaml" in words
