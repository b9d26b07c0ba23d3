"""What the chart's values say of the services is what the code says. Nothing here needs helm."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from deploy.chart.files import CHART, CHECKOUT
from sluice.bus.access import PRINCIPALS, Operation, Resource
from sluice.local.entry_points import HTTP_DOORS, service_names

VALUES: Mapping[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: Mapping[str, Any] = json.loads((CHART / "values.schema.json").read_text())
VARIABLE = re.compile(r"\b(?:SLUICE|KAFKA|OTEL)_[A-Z0-9_]*[A-Z0-9]\b")
UNITS = {"Mi": 1, "Gi": 1024}


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a schema points to."""
    reference = schema.get("$ref")
    return SCHEMA["$defs"][reference.removeprefix("#/$defs/")] if reference else schema


def parts(schema: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Every property of a schema with its path, as it stands and as it is meant."""
    for name, each in resolved(schema).get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        yield path, each, resolved(each)
        yield from parts(each, path)


def mib(amount: str) -> int:
    return int(amount[:-2]) * UNITS[amount[-2:]]


def test_the_services_are_those_that_sluice_serves() -> None:
    assert sorted(VALUES["services"]) == service_names()


@pytest.mark.parametrize("name", service_names())
def test_group_and_topics_are_those_that_the_service_may_read(name: str) -> None:
    service = VALUES["services"][name]
    principal = next(one for one in PRINCIPALS if one.name == name)
    groups = principal.places(Operation.READ, Resource.GROUP)
    assert groups == ((service["group"],) if "group" in service else ())
    assert set(service.get("reads", ())) <= set(principal.places(Operation.READ, Resource.TOPIC))
    assert bool(service.get("reads")) is bool(groups)


def test_the_scaler_may_look_at_whatever_services_are_scaled_by() -> None:
    (scaler,) = (one for one in PRINCIPALS if one.name == "scaler")
    read = {topic for service in VALUES["services"].values() for topic in service.get("reads", ())}
    assert read <= set(scaler.places(Operation.DESCRIBE, Resource.TOPIC))


@pytest.mark.parametrize("name", service_names())
def test_a_pod_is_given_the_memory_that_was_measured(name: str) -> None:
    costs = yaml.safe_load((CHECKOUT / "services/sluice/capacity/costs.yaml").read_text())["services"]
    for file in ("values.yaml", "values-small.yaml"):
        service = yaml.safe_load((CHART / file).read_text())["services"].get(name, {})
        asked = service.get("resources", {}).get("requests", {}).get("memory")
        if name in costs and asked:
            assert mib(asked) > costs[name]["memory"]["value"], file
            assert mib(VALUES["services"][name]["resources"]["limits"]["memory"]) >= 1.5 * mib(asked), file


def test_a_decoder_has_room_in_the_limit_of_ingest() -> None:
    limit = mib(VALUES["services"]["ingest"]["resources"]["limits"]["memory"])
    settings = (CHECKOUT / "services/ingest/settings.py").read_text()
    found = re.search(r'"SLUICE_DECODER_MEMORY_MIB", (\d+)', settings)
    assert found is not None
    assert limit >= int(found[1]) + 512


def test_http_is_where_the_service_has_it() -> None:
    assert {name: one["http"]["variable"] for name, one in VALUES["services"].items() if "http" in one} == HTTP_DOORS


def test_the_table_of_roads_names_components_alone() -> None:
    known = {*VALUES["services"], "topics", "hash-sync", "triton", "test", *VALUES["networkPolicy"]["others"]}
    for road in VALUES["egress"].values():
        named = set(road.get("services", []))
        for access in road.get("prefixes", {}).values():
            named |= {*access["write"], *access["read"], *access.get("purge", [])}
        assert named <= known


def test_who_loses_a_record_may_keep_it() -> None:
    """Whoever may write dead letters keeps the record in the object store, but for the orchestrator: its dead letters
    hold no content."""
    writers = {one.name for one in PRINCIPALS if one.service and any("dead" in r.name for r in one.rights)}
    assert set(VALUES["egress"]["deadLetters"]["prefixes"]["dead-letters"]["write"]) == writers - {"orchestrator"}


def test_every_value_is_in_the_schema_and_every_property_among_the_values() -> None:
    known = {path for path, _, _ in parts(SCHEMA)}

    def paths(values: Mapping[str, Any], schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
        for name, value in values.items():
            each = resolved(schema).get("properties", {}).get(name)
            if each is not None:
                path = f"{at}.{name}" if at else name
                yield path
                if isinstance(value, Mapping):
                    yield from paths(value, each, path)

    given = set(paths(VALUES, SCHEMA))
    # A network of a peer, the rest of a port: what a list's entries hold is no value of its own.
    assert known == given
    assert set(VALUES) <= set(SCHEMA["properties"])


def test_nothing_unknown_passes_the_schema_and_everything_is_described() -> None:
    for path, stands, meant in [*parts(SCHEMA), *((name, one, one) for name, one in SCHEMA["$defs"].items())]:
        assert stands.get("description") or meant.get("description"), path
        if "properties" in meant and path not in {"global", "egress"}:
            assert meant["additionalProperties"] is False, path
    assert SCHEMA["additionalProperties"] is False


def test_a_service_is_described_by_its_defaults() -> None:
    assert set(SCHEMA["$defs"]["service"]["properties"]) == set(VALUES["defaults"])


def test_every_variable_that_a_template_sets_is_documented() -> None:
    documented = (CHECKOUT / "docs/operations.md").read_text()
    for path in sorted((CHART / "templates").rglob("*")):
        if path.suffix in {".yaml", ".tpl"}:
            for variable in VARIABLE.findall(path.read_text()):
                assert f"`{variable}`" in documented, f"{path.name}: {variable}"


def test_no_template_is_about_one_service() -> None:
    """One loop makes them all: what differs is in the values."""
    names = [name for name in service_names() if name not in {"ingest", "provenance", "orchestrator"}]
    for name in ("workloads.yaml", "_pod.tpl", "_env.tpl", "_volumes.tpl", "services.yaml", "scaling-cpu.yaml"):
        text = (CHART / "templates" / name).read_text()
        assert not [one for one in names if f'"{one}"' in text], name
