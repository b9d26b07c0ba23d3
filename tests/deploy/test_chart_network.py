"""Every component has a network policy, which opens what the table says and nothing else."""

from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

import pytest
import yaml

from tests.deploy.chart import CHART, VALUE_FILES, Object, Rendered, render

TABLE: Mapping[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())["egress"]
SOMEWHERE = {"ipBlock": {"cidr": "203.0.113.0/24"}}
TIPLINE = {
    "url": "https://exttest.cybertip.org/ispws",
    "existingSecret": "sluice-tipline",
    "reporter": {"firstName": "Ann", "lastName": "Smith", "email": "ann@example.org", "service": "Example"},
}


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
        "vault": {"key": "awskms:///alias/evidence"},
        "tipline": TIPLINE,
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
    assert who_reaches(rendered, "vault") == {"reporter"}
    assert who_reaches(rendered, "vaultKeys") == {"reporter"}
    assert who_reaches(rendered, "database") == {"provenance", "reporter", "gateway"}
    assert who_reaches(rendered, "modelStore") == {"triton"}
    assert "hash-sync" not in who_reaches(rendered, "kafka")
    pictures = {"image-classifier", "image-text-classifier", "person-classifier"}
    kept = {"ingest", "c2pa-signer", "provenance", "reporter", "gateway"}
    assert who_reaches(rendered, "objectStore") == {*kept, *pictures}
    nothing = {"orchestrator", "gateway", "hash-sync", "triton", "test", "topics"}
    assert not nothing & who_reaches(rendered, "deadLetters")


def test_every_road_leads_exactly_whom_the_table_names() -> None:
    rendered = everything_open()
    there = {name.removeprefix("sluice-") for name in rendered.of("NetworkPolicy")}
    for road, each in TABLE.items():
        if "component" in each:
            continue
        named = set(each.get("services", []))
        for access in each.get("prefixes", {}).values():
            named |= {*access["write"], *access["read"], *access.get("purge", [])}
        assert who_reaches(rendered, road) == named & there, road


def test_the_object_store_is_the_issues_table() -> None:
    prefixes = TABLE["objectStore"]["prefixes"]
    assert {*prefixes["originals"]["write"], *prefixes["originals"]["read"]} == {"ingest", "c2pa-signer", "reporter"}
    assert prefixes["originals"]["write"] == prefixes["renditions"]["write"] == ["ingest"]
    assert set(prefixes["renditions"]["read"]) == {"image-classifier", "image-text-classifier", "person-classifier"}
    assert prefixes["signed"] == {"write": ["c2pa-signer"], "read": ["provenance", "gateway"]}
    assert prefixes["held"] == {"write": ["reporter"], "read": [], "purge": ["reporter"]}
    # Where a match was, nothing is left; what was signed was allowed.
    assert [name for name, one in prefixes.items() if one.get("purge") == ["reporter"]] == [
        "originals",
        "renditions",
        "held",
    ]


def test_nobody_reaches_the_tip_line_or_key_services_before_they_are_named() -> None:
    """Networks alone open nothing."""
    roads = {name: {"to": [SOMEWHERE]} for name in ("ncmec", "vaultKeys")}
    assert not [
        peer
        for peer in peers(render("values", {"egress": roads}).one("NetworkPolicy", "reporter"), 443)
        if peer == SOMEWHERE
    ]


def test_only_trust_and_safety_asks_the_reporter() -> None:
    rules = render().one("NetworkPolicy", "reporter")["spec"]["ingress"]
    (who,) = (rule["from"] for rule in rules if rule["ports"][0]["port"] == 50051)
    assert who == [{"podSelector": {"matchLabels": {"sluice.dev/client": "reviewer"}}}]


def component(peer: Object) -> str:
    """The component of this release that a peer is; empty for others."""
    found = peer.get("podSelector", {}).get("matchLabels", {}).get("app.kubernetes.io/component", "")
    assert isinstance(found, str)
    return found


def test_the_gateway_asks_the_orchestrator_and_ingest_and_no_other_service() -> None:
    rendered = render("production")
    asked = {component(peer) for peer in peers(rendered.one("NetworkPolicy", "gateway"), 50051)}
    assert asked == {"orchestrator", "ingest"}
    for name, policy in rendered.of("NetworkPolicy").items():
        rules = [rule for rule in policy["spec"]["ingress"] if rule["ports"][0]["port"] == 50051]
        callers = {component(peer) for rule in rules for peer in rule["from"]}
        assert ("gateway" in callers) is (name.removeprefix("sluice-") in asked), name


def test_nobody_asks_the_gateway_before_they_are_named_and_then_nobody_else() -> None:
    closed = render().one("NetworkPolicy", "gateway")["spec"]["ingress"]
    assert [port["port"] for rule in closed for port in rule["ports"]] == [9464]
    rules = render("production").one("NetworkPolicy", "gateway")["spec"]["ingress"]
    (who,) = (rule["from"] for rule in rules if rule["ports"][0]["port"] == 8080)
    assert [peer["podSelector"]["matchLabels"] for peer in who] == [{"app.kubernetes.io/name": "ingress-nginx"}]
    assert not [rule for rule in rules if rule["ports"][0]["port"] == 50051]


def test_a_folder_in_place_of_a_bucket_is_mounted_as_the_table_says() -> None:
    small = render("small")
    for name, deployment in small.of("Deployment").items():
        mounts = deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        found = {mount["subPath"]: mount["readOnly"] for mount in mounts if mount["name"] == "objects"}
        wanted = {
            prefix: component not in {*access["write"], *access.get("purge", [])}
            for row in ("objectStore", "deadLetters")
            for prefix, access in TABLE[row]["prefixes"].items()
            for component in [name.removeprefix("sluice-")]
            if component in {*access["read"], *access["write"], *access.get("purge", [])}
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
    assert {"podSelector": {"matchLabels": {"sluice.dev/client": "generator"}}} in by_port[50051]
    assert sorted(map(component, by_port[50051])) == ["", "gateway", "test"]
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
