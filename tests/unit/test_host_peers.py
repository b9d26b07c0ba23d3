"""Who may call what, as a file says it: what is not listed is not allowed, and a mistake is named with its line."""

from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.host.peers import Peers, parse_peers, watched_peers

GATEWAY = "spiffe://sluice/moderation/gateway"
OTHER = "spiffe://sluice/moderation/other"
LIST = f"""\
# comment
sluice.v1.Orchestrator/Moderate: [{GATEWAY}]
sluice.v1.Ingest/*:
  - {GATEWAY}
  - Gateway.Example.org
sluice.v1.Ingest/Prepare: [{OTHER}]
sluice.v1.HashMatcher/Match: []
"""


def peers(text: str) -> Peers:
    return parse_peers(Path("peers.yaml"), text.encode())


@pytest.mark.parametrize(
    ("method", "who", "allowed"),
    [
        ("sluice.v1.Orchestrator/Moderate", {GATEWAY}, True),
        ("sluice.v1.Orchestrator/Moderate", {OTHER, GATEWAY}, True),
        ("sluice.v1.Orchestrator/Moderate", {OTHER}, False),
        ("sluice.v1.Orchestrator/Moderate", {GATEWAY + "/x"}, False),
        ("sluice.v1.Orchestrator/Moderate", {GATEWAY[:-1]}, False),
        ("sluice.v1.Orchestrator/Moderate", set(), False),
        ("sluice.v1.Orchestrator/Watch", {GATEWAY}, False),
        ("sluice.v1.Ingest/Prepare", {GATEWAY}, True),
        ("sluice.v1.Ingest/Prepare", {"gateway.example.org"}, True),
        ("sluice.v1.Ingest/Prepare", {OTHER}, True),
        ("sluice.v1.Ingest/Other", {OTHER}, False),
        ("sluice.v1.IngestX/Prepare", {GATEWAY}, False),
        ("sluice.v1.HashMatcher/Match", {GATEWAY}, False),
        ("sluice.v1.Ingest", {GATEWAY}, False),
        ("", {GATEWAY}, False),
    ],
)
def test_only_what_is_listed_is_allowed(method: str, who: set[str], allowed: bool) -> None:
    assert peers(LIST).allows(method, frozenset(who)) is allowed


def test_an_empty_mapping_is_nobody() -> None:
    assert not peers("{}").allows("sluice.v1.Ingest/Prepare", frozenset({GATEWAY}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "peers.yaml:1: empty"),
        ("- a\n", "peers.yaml:1: should be a mapping"),
        ("a: [\n", "peers.yaml:2: not YAML"),
        ("\nIngest/Prepare: []\n", "peers.yaml:2: Ingest/Prepare: should be called package.Service/Method"),
        ("sluice.v1.Ingest: []\n", "peers.yaml:1: sluice.v1.Ingest: should be called"),
        ("sluice.v1.Ingest/Pre*: []\n", "should be called"),
        ("'*/*': []\n", "should be called"),
        ("/sluice.v1.Ingest/Prepare: []\n", "should be called"),
        (f"sluice.v1.Ingest/*: {GATEWAY}\n", "peers.yaml:1: sluice.v1.Ingest/*: should be a list"),
        ("sluice.v1.Ingest/*:\n  - ['a']\n", "peers.yaml:2: sluice.v1.Ingest/*[0]: should be a word"),
        ("sluice.v1.Ingest/*: ['*']\n", "no patterns"),
        ("sluice.v1.Ingest/*: ['spiffe://sluice/*']\n", "no patterns"),
        ("sluice.v1.Ingest/*: ['a b']\n", "should be a URI"),
        (f"sluice.v1.Ingest/*: [{GATEWAY}, {GATEWAY}]\n", "is here twice"),
        ("sluice.v1.Ingest/*: [a]\nsluice.v1.Ingest/*: [b]\n", "'sluice.v1.Ingest/*' is here twice"),
        ("grpc.health.v1.Health/Check: [a]\n", "health is open to every certificate"),
        ("sluice.v1.Ingest/*: !!python/object:os.system [a]\n<<: {a: [b]}\n", "peers.yaml:2: merging"),
    ],
)
def test_a_mistake_refuses_the_file_and_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        peers(text)
    assert problem in str(caught.value)


def test_every_mistake_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        peers("a: []\nb.C/d: x\nb.C/e: ['?']\n")
    assert [problem.split(" ")[0] for problem in caught.value.problems] == [f"peers.yaml:{n}:" for n in (1, 2, 3)]


def test_the_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "peers.yaml"
    file.write_text(LIST)
    watched = watched_peers(file)
    before = watched.version
    file.write_text("{}")
    watched.adopt(watched.read())
    assert watched.value.allowed == {}
    assert watched.version.digest != before.digest
    file.write_text("- broken")
    with pytest.raises(ConfigError, match=r"peers\.yaml:1: should be a mapping"):
        watched.adopt(watched.read())
    assert watched.value.allowed == {}


def test_a_file_that_is_not_there_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.yaml:1: No such file or directory; SLUICE_PEERS names the file"):
        watched_peers(tmp_path / "gone.yaml")
