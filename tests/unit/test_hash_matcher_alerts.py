"""The alert rules are about metrics that the hash matcher has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hash_matcher.check import HashMatcher
from sluice.deadline import now_ms
from sluice.hashes.store import append
from sluice.host.ops import OpsDoor
from sluice.host.readiness import Readiness
from sluice.telemetry.logging import Log
from sluice.telemetry.metrics import PREFIX, Metrics
from tests.unit.hash_store import change, plus, store
from tests.unit.test_hash_live_check import BANKS, A, opened

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "hash-matcher.rules.yaml"
DOCS = Path(__file__).parents[2] / "docs" / "known-content.md"


def rules() -> list[dict[str, Any]]:
    form = yaml.safe_load(RULES.read_text())
    return [rule for group in form["groups"] for rule in group["rules"]]


@pytest.fixture
async def exported(tmp_path: Path) -> str:
    """What a scrape of a hash matcher with a store says."""
    folder = store(tmp_path / "hashes", BANKS)
    append(folder, [change(plus("partner", A), fresh={"partner": now_ms()})])
    check = await opened(tmp_path, SLUICE_TEST_BANK="1")
    metrics = Metrics(HashMatcher.service_name)
    for gauge in check.health().gauges:
        metrics.gauge(gauge.name, gauge.about, gauge.value, gauge.labels)
    await check.close()
    door = OpsDoor(HashMatcher.service_name, Readiness("", Log("hash-matcher")), metrics)
    return door._page("/metrics", "").body.decode()


async def test_every_metric_of_the_rules_is_exported(exported: str) -> None:
    for rule in rules():
        names = re.findall(rf"\b{PREFIX}\w+", rule["expr"])
        assert names, rule["alert"]
        for name in names:
            assert re.search(rf'^{name}{{[^}}]*service="hash-matcher"', exported, re.MULTILINE), name


async def test_labels_that_the_rules_speak_of_are_there(exported: str) -> None:
    (stale,) = (rule for rule in rules() if "hash_bank_stale" in rule["expr"])
    assert "$labels.bank" in stale["annotations"]["summary"]
    assert re.search(r'^sluice_hash_bank_stale{bank="partner"', exported, re.MULTILINE)


def test_every_rule_is_in_the_docs() -> None:
    docs = DOCS.read_text()
    assert str(RULES.relative_to(RULES.parents[2])) in docs
    for rule in rules():
        assert f"`{rule['alert']}`" in docs, rule["alert"]
