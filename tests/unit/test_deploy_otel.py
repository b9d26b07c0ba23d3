"""The collector lets pass what services may tell, by the same lists."""

import pytest
import yaml

from deploy.otel.__main__ import CONFIG, with_lists
from sluice.telemetry.attributes import LABELS, SPAN_ATTRIBUTES
from sluice.telemetry.otlp_client import resource_of


def test_the_lists_are_those_of_the_services() -> None:
    """Where this fails: python -m deploy.otel."""
    text = CONFIG.read_text()
    assert with_lists(text) == text


def test_everything_that_services_tell_may_pass_and_nothing_else() -> None:
    processors = yaml.safe_load(CONFIG.read_text())["processors"]
    resource = set(resource_of("test", "0").attributes)
    assert set(processors["redaction/spans"]["allowed_keys"]) == SPAN_ATTRIBUTES | resource
    assert set(processors["redaction/metrics"]["allowed_keys"]) == LABELS | resource | {"service"}


def test_a_list_that_has_fallen_behind_is_written_anew() -> None:
    text = CONFIG.read_text()
    old = text.replace("      - sluice.check\n", "      - gen_ai.prompt\n")
    assert old != text
    assert with_lists(old) == text


def test_a_processor_that_is_gone_is_told() -> None:
    with pytest.raises(ValueError, match="redaction/spans"):
        with_lists(CONFIG.read_text().replace("redaction/spans:", "redaction/span:"))


def test_each_pipeline_holds_back_what_is_not_on_the_list() -> None:
    for name in ("collector.yaml", "tail-sampling.yaml", "debug.yaml"):
        for signal, pipeline in yaml.safe_load(CONFIG.with_name(name).read_text())["service"]["pipelines"].items():
            if "processors" in pipeline:
                steps = pipeline["processors"]
                assert steps[0] == "memory_limiter"
                assert steps[1] == {"traces": "redaction/spans", "metrics": "redaction/metrics"}[signal]


def test_the_debug_exporter_never_shows_what_is_in_a_span() -> None:
    debug = yaml.safe_load(CONFIG.with_name("debug.yaml").read_text())["exporters"]["debug"]
    assert debug == {"verbosity": "basic"}
    assert "debug" not in yaml.safe_load(CONFIG.read_text())["exporters"]
