"""Mistakes that must be refused, and what happens when one is not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.verify.checking import Reader
from tests.deploy.verify.controls import by_schemas, mistakes
from tests.deploy.verify.report import WrongError

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "ingest"},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "ingest"}]}}},
}


class _Blind(Reader):
    """A reader that finds nothing wrong with anything."""

    def __init__(self) -> None:
        pass

    def check(self, schema: Mapping[str, Any], document: object) -> list[str]:
        return []


def test_every_mistake_is_another_and_none_touches_the_right_one() -> None:
    made = mistakes([{"kind": "Service"}, DEPLOYMENT])
    assert len(made) == len({str(one) for one in made.values()}) == 4
    assert all(one != DEPLOYMENT for one in made.values())
    assert DEPLOYMENT["spec"]["replicas"] == 2


def test_a_check_that_refuses_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "v1.34.0").mkdir()
    (tmp_path / "v1.34.0/deployment-apps-v1.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WrongError, match="a misspelt field was not refused"):
        by_schemas(_Blind(), tmp_path, [DEPLOYMENT])
