"""Which ways to install the chart are tried."""

from pathlib import Path

import pytest

from tests.deploy.verify.chart import Variant, pods_of, value_files, variants
from tests.deploy.verify.reading import documents


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    folder.mkdir()
    for name in ("values.yaml", "values-small.yaml", "values-gpu.yaml"):
        (folder / name).touch()
    return folder


def test_every_value_file_is_tried(chart: Path) -> None:
    assert value_files(chart) == [
        Variant("values.yaml", ()),
        Variant("values-gpu.yaml", (chart / "values-gpu.yaml",)),
        Variant("values-small.yaml", (chart / "values-small.yaml",)),
    ]


def test_a_variant_goes_over_the_value_file_that_it_names(chart: Path, tmp_path: Path) -> None:
    folder = tmp_path / "variants"
    folder.mkdir()
    (folder / "keda.yaml").write_text("# over: values-small.yaml\nscaling: {}\n", encoding="utf-8")
    (folder / "plain.yaml").write_text("scaling: {}\n", encoding="utf-8")
    keda, plain = variants(folder, chart)[3:]
    assert keda.arguments == [
        *("--values", str(chart / "values-small.yaml")),
        *("--values", str(folder / "keda.yaml")),
    ]
    assert plain == Variant("plain", (folder / "plain.yaml",))


def test_whatever_makes_pods_is_seen() -> None:
    text = """
kind: Deployment
metadata: {name: a}
spec: {template: {t: 1}}
---
---
kind: CronJob
metadata: {name: b}
spec: {jobTemplate: {spec: {template: {t: 2}}}}
---
kind: Pod
metadata: {name: c}
---
kind: Service
metadata: {name: d}
"""
    found = pods_of(documents(text))
    assert list(found) == ["Deployment/a", "CronJob/b", "Pod/c"]
    assert found["CronJob/b"] == {"t": 2}
