"""An image's bill of materials is CycloneDX as its schema says, by the schema's own reader, and holds every part."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.tools import python_tools
from tests.unit.test_deploy_inventory import card, image, write

ROOT = Path(__file__).parents[2]
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()) or "") or 0)
"""


def python(*arguments: str) -> tuple[int, str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(python_tools())))}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def bill(root: Path, out: Path) -> str:
    arguments = ["-m", "deploy.images.sbom", "--image", "sluice-ingest", "--version", "0.1.0", "--out", str(out)]
    status, words = python(*arguments, str(root))
    assert status == 0, words
    return words


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = image(tmp_path / "image")
    card(folder, "pulled")
    write(folder, "opt/sluice/models/pulled/1/model.onnx", "weights")
    return folder


def test_it_holds_every_part_and_says_of_what(root: Path, tmp_path: Path) -> None:
    assert bill(root, tmp_path / "bill.json").strip() == "5"
    found = json.loads((tmp_path / "bill.json").read_text())
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert found["metadata"]["component"]["name"] == "sluice-ingest"
    assert {part["name"] for part in found["components"]} == {"libc6", "memchr", "pulled", "pyyaml", "sluice"}
    (model,) = [part for part in found["components"] if part["type"] == "machine-learning-model"]
    assert model["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]


def test_the_same_image_has_the_same_bill_but_for_its_time(root: Path, tmp_path: Path) -> None:
    found = []
    for name in ("first.json", "second.json"):
        bill(root, tmp_path / name)
        text = json.loads((tmp_path / name).read_text())
        text["metadata"].pop("timestamp")
        found.append(text)
    assert found[0] == found[1]


def test_it_is_as_the_schema_says_and_the_schema_says_something(root: Path, tmp_path: Path) -> None:
    bill(root, tmp_path / "bill.json")
    assert python("-c", VALIDATE, str(tmp_path / "bill.json")) == (0, "")
    broken = (tmp_path / "bill.json").read_text().replace('"type": "library"', '"type": "libary"')
    (tmp_path / "bill.json").write_text(broken)
    status, words = python("-c", VALIDATE, str(tmp_path / "bill.json"))
    assert status == 1
    assert "libary" in words
