"""docs/adding-a-check.md, done as it says: its files, its test, its entry point, its policy."""

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from orchestrator.decide import decide
from sluice.check import Check
from sluice.errors import EX_CONFIG, ConfigError
from sluice.policy.load import load
from sluice.policy.model import Policy
from sluice.settings import Reader, read_settings
from sluice.v1.decision_pb2 import ACTION_ALLOW, ACTION_BLOCK
from sluice.v1.request_pb2 import ROLE_GENERATED, STAGE_OUTPUT
from sluice.v1.verdict_pb2 import PERSON_NONE, Verdict
from tests.unit.build import contents, image, result, verdict

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-check.md").read_text()
NAME = "blank_detector"
RULES_AT = "rules:\n"


def blocks(language: str) -> list[str]:
    """The page's code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page, each under the path above its block."""
    folder = tmp_path_factory.mktemp("checkout")
    files = re.findall(r"^`([\w/.]+)`\n\n```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(files) == len(blocks("python")) == 4
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def package(written: Path) -> Iterator[None]:
    """The page's service can be imported, for as long as this file's tests run."""
    sys.path.insert(0, str(written / "services"))
    yield
    sys.path.remove(str(written / "services"))
    for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
        del sys.modules[name]


def run(written: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLUICE_", "KAFKA_"))}
    env = {**kept, "PYTHONPATH": str(written / "services")}
    return subprocess.run(
        [sys.executable, *words], cwd=written, env=env, capture_output=True, text=True, check=False, timeout=120
    )


def entry_point() -> tuple[str, str]:
    (text,) = blocks("toml")
    ((name, target),) = tomllib.loads(text)["project"]["entry-points"]["sluice.services"].items()
    return name, target


def test_its_own_test_passes(written: Path) -> None:
    done = run(written, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(written), "-q", "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


async def test_the_examples_hold(package: None, tmp_path: Path) -> None:
    check: type[Check] = importlib.import_module(f"{NAME}.check").BlankDetector
    env = {"SLUICE_HOME": str(tmp_path), "KAFKA_BOOTSTRAP_SERVERS": "unused:1"}
    reader = Reader(env)
    looking = await check.open(read_settings(reader, env), reader)
    for example in check.examples():
        (found,) = await looking.run([example.item])
        assert example.holds(found), example.name
        assert all(len(model.digest) == 32 for model in looking.models())


def test_the_entry_point_is_its_main(package: None) -> None:
    name, target = entry_point()
    module, _, attribute = target.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))
    assert name == importlib.import_module(f"{NAME}.check").BlankDetector.service_name


def test_its_process_says_what_it_needs(written: Path) -> None:
    done = run(written, "-m", NAME)
    assert done.returncode == EX_CONFIG
    assert done.stderr == "blank-detector: KAFKA_BOOTSTRAP_SERVERS is not set\n"


def amended(folder: Path, rule: str) -> Policy:
    """The default policy with the page's three lines in it, also where somebody has followed the page already."""
    checks, own, _ = blocks("yaml")
    ((role, names),) = yaml.safe_load(checks).items()
    lines = (ROOT / "policies" / "default.yaml").read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if "id: blank," not in line and not line.startswith("own_checks:"))
    text, changed = re.subn(rf"{role}: \[[\w, ]+\]", f"{role}: [{', '.join(names)}]", text)
    assert changed == 1
    path = folder / "policy.yaml"
    path.write_text(text.replace(RULES_AT, f"{own}{RULES_AT}  {rule}", 1))
    return load(path)


@pytest.mark.parametrize(("contrast", "action"), [(0.0, ACTION_BLOCK), (0.2, ACTION_ALLOW)])
def test_the_policy_stops_what_is_blank(tmp_path: Path, contrast: float, action: int) -> None:
    policy = amended(tmp_path, blocks("yaml")[2])
    blank = result()
    blank.signals["contrast"] = contrast
    answers: dict[str, Verdict] = {
        "image_text": verdict("image_text", result()),
        "image": verdict("image", result()),
        "person": verdict("person", result(person=PERSON_NONE)),
        "hash": verdict("hash", result()),
    }
    asked = contents(image(role=ROLE_GENERATED), stage=STAGE_OUTPUT)
    assert decide(asked, answers, policy, late=False) is None
    found = decide(asked, {**answers, "blank": verdict("blank", blank)}, policy, late=False)
    assert found is not None
    assert (found.action, found.complete) == (action, True)


def test_the_rule_needs_its_has(tmp_path: Path) -> None:
    rule = blocks("yaml")[2].replace("has(g.signals.contrast) && ", "")
    with pytest.raises(ConfigError, match="fails on a probe"):
        amended(tmp_path, rule)
