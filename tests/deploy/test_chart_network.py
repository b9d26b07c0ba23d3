"""Every component has a network policy, which opens what the table says and nothing else."""

from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART, VALUE_FILES, Object, Rendered, render

TABLE: Mapping[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())["egress"]
SOMEWHERE = {"ipBlock": {"cidr": "203.0.113.0/24"}}


def peers(policy: Object, port: int) -> list[Object]:
    """To where a policy opens a port."""
    rules = policy["spec"]["egress"]
    return [peer for rule in rules if any(one["port"] == port for one in rule["ports"]) for peer in rule["to"]]


def everything_open() -> Rendered:
    """Each road leads to a network of its own, so that who has it can be told."""
    roads = [name for name, road in TABLE.items() if "component" not in road]
    to = {name: {"to": [{"ipBlock": {"cidr": f"203.0.113.{at}/32"}}]} for at, name in enumerate(roads)}
    values = {
        "egress": to,
        "monitoring": {"otlpEndpoint": "http://collector:4317"},
        "triton": {"enabled": True, "models": {"source": "s3", "s3": {"url": "s3://models"}}},
        "hashes": {
            "store": {"banks": {"b": {}}},
            "sync": {"enabled": True, "sources": {"b": {}}, "image": {"tag": "sync"}},
        },
    }
    return render("values", values)


def who_reaches(rendered: Rendered, road: str) -> set[str]:
    """Components whose policy leads where a road does."""
    at = [name for name, each in TABLE.items() if "component" not in each].index(road)
    wanted = {"ipBlock": {"cidr": f"203.0.113.{at}/32"}}
    found = rendered.of("NetworkPolicy")
    return {
        name.removeprefix("sluice-")
        for name, policy in found.items()
        if any(wanted in rule["to"] for rule in policy["spec"]["egress"])
    }


@pytest.mark.parametrize("name", VALUE_FILES)
def test_every_pod_has_a_policy_that_closes_both_directions(name: str) -> None:
    rendered = render(name)
    policies = rendered.of("NetworkPolicy").values()
    for at, pod in rendered.pods():
        labels = pod["metadata"]["labels"].items()
        mine = [one for one in policies if one["spec"]["podSelector"]["matchLabels"].items() <= labels]
        assert len(mine) == 1, at
        assert mine[0]["spec"]["policyTypes"] == ["Ingress", "Egress"]
        # A rule without peers, or without ports, would be open to everybody.
        assert all(rule["to"] and rule["ports"] for rule in mine[0]["spec"]["egress"]), at
        assert all(rule["from"] and rule["ports"] for rule in mine[0]["spec"]["ingress"]), at


def test_roads_lead_whom_the_issue_names() -> None:
    rendered = everything_open()
    assert who_reaches(rendered, "strangers") == {"ingest"}
    assert who_reaches(rendered, "keys") == {"c2pa-signer"}
    assert who_reaches(rendered, "timestamps") == {"c2pa-signer"}
    assert who_reaches(rendered, "exchanges") == {"hash-sync"}
    assert who_reaches(rendered, "ncmec") == {"reporter"}
    assert who_reaches(rendered, "database") == {"provenance"}
    assert who_reaches(rendered, "modelStore") == {"triton"}
    assert "hash-sync" not in who_reaches(rendered, "kafka")
    pictures = {"image-classifier", "image-text-classifier", "person-classifier"}
    assert who_reaches(rendered, "objectStore") == {"ingest", "c2pa-signer", "provenance", "reporter", *pictures}
    assert not {"orchestrator", "hash-sync", "triton", "test", "topics"} & who_reaches(rendered, "deadLetters")


def test_every_road_leads_exactly_whom_the_table_names() -> None:
    rendered = everything_open()
    there = {name.removeprefix("sluice-") for name in rendered.of("NetworkPolicy")}
    for road, each in TABLE.items():
        if "component" in each:
            continue
        named = set(each.get("services", []))
        for access in each.get("prefixes", {}).values():
            named |= {*access["write"], *access["read"]}
        assert who_reaches(rendered, road) == named & there, road


def test_the_object_store_is_the_issues_table() -> None:
    prefixes = TABLE["objectStore"]["prefixes"]
    assert {*prefixes["originals"]["write"], *prefixes["originals"]["read"]} == {"ingest", "c2pa-signer", "reporter"}
    assert prefixes["renditions"]["write"] == ["ingest"]
    assert set(prefixes["renditions"]["read"]) == {"image-classifier", "image-text-classifier", "person-classifier"}
    assert prefixes["signed"]["write"] == ["c2pa-signer"]


def test_a_folder_in_place_of_a_bucket_is_mounted_as_the_table_says() -> None:
    small = render("small")
    for name, deployment in small.of("Deployment").items():
        mounts = deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        found = {mount["subPath"]: mount["readOnly"] for mount in mounts if mount["name"] == "objects"}
        wanted = {
            prefix: component in access["read"]
            for row in ("objectStore", "deadLetters")
            for prefix, access in TABLE[row]["prefixes"].items()
            for component in [name.removeprefix("sluice-")]
            if component in {*access["read"], *access["write"]}
        }
        assert found == wanted, name


def world(rendered: Rendered) -> set[str]:
    """Components whose policy leads to more addresses than the widest network that anybody owns, a /8."""
    return {
        name.removeprefix("sluice-")
        for name, policy in rendered.of("NetworkPolicy").items()
        for rule in policy["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer and ip_network(peer["ipBlock"]["cidr"]).prefixlen < 8
    }


@pytest.mark.parametrize("name", VALUE_FILES)
def test_nobody_reaches_the_world_unless_told_to(name: str) -> None:
    assert not world(render(name))
    if not VALUE_FILES[name]:
        # Not even an address outside the cluster: what is given leads to pods.
        assert not [
            peer for one in render(name).of("NetworkPolicy").values() for peer in peers(one, 443) if "ipBlock" in peer
        ]


@pytest.mark.parametrize("name", VALUE_FILES)
def test_only_ingest_reaches_the_world_for_strangers(name: str) -> None:
    told = {
        "egress": {"strangers": {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}},
        "services": {"ingest": {"env": {"SLUICE_FETCH_ALLOW": "img.example.org"}}},
    }
    assert world(render(name, told)) == {"ingest"}


def test_networks_of_the_files_are_of_the_documentations_ranges() -> None:
    """RFC 5737: whoever installs a file as it is reaches nobody's machine."""
    examples = [IPv4Network(cidr) for cidr in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    found = [
        IPv4Network(peer["ipBlock"]["cidr"])
        for name in VALUE_FILES
        for policy in render(name).of("NetworkPolicy").values()
        for rule in policy["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert found
    assert all(any(one.subnet_of(example) for example in examples) for one in found)


def test_grpc_is_for_who_may_call_and_health_for_the_kubelet() -> None:
    values = {"networkPolicy": {"kubelet": ["192.0.2.0/24"]}}
    rendered = render("values", values)
    rules = rendered.one("NetworkPolicy", "orchestrator")["spec"]["ingress"]
    by_port = {rule["ports"][0]["port"]: rule["from"] for rule in rules}
    assert by_port.keys() == {50051, 9464, 50052}
    generator, test = by_port[50051]
    assert generator == {"podSelector": {"matchLabels": {"sluice.dev/client": "generator"}}}
    assert test["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"
    assert by_port[50052] == [{"ipBlock": {"cidr": "192.0.2.0/24"}}]
    assert by_port[9464] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]


def test_nobody_may_call_a_check() -> None:
    rules = render().one("NetworkPolicy", "text-classifier")["spec"]["ingress"]
    assert [port["port"] for rule in rules for port in rule["ports"]] == [9464]


def test_triton_is_reached_by_the_checks_alone() -> None:
    rules = render("gpu").one("NetworkPolicy", "triton")["spec"]["ingress"]
    inference = next(rule for rule in rules if rule["ports"][0]["port"] == 8001)
    callers = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in inference["from"]}
    assert callers == {"text-classifier", "image-classifier", "image-text-classifier", "person-classifier"}
    checks = render("gpu").one("NetworkPolicy", "image-classifier")
    assert peers(checks, 8001)[0]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "triton"


def test_without_policies_there_are_none() -> None:
    assert not render("values", {"networkPolicy": {"enabled": False}}).of("NetworkPolicy")
