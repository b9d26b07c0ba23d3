"""What the services of the alert story find: a policy, files, and where everything is."""

import shutil
from pathlib import Path

from sluice.deadline import now_ms
from sluice.hashes.store import append
from sluice.local.authority import issue_chain
from sluice.local.ports import free_ports
from sluice.local.vault_key import ensure_vault_key
from sluice.settings import KafkaSettings
from tests.integration.conftest import DEFAULT_POLICY, NAME_LISTS
from tests.unit.hash_store import change, store
from tests.unit.signing_authority import pem
from tests.unit.stamp_authority import Authority

RULE = """  - {id: loud, action: BLOCK, when: 'tenant == "loud"'}"""
BREAKER = "breaker: {times: 1.5, least: 5, window: 5s, usual: 5m, hold: 1h}"
BANKS = "other: {kind: terror, source: a, terms: b, fresh_for: 1h}\n"


def policy_file(folder: Path, name: str, version: str = "1") -> Path:
    """The default policy with fewer checks, a rule for the breaker, and a breaker that opens soon."""
    text = DEFAULT_POLICY.read_text()
    for checks in ("[image_text, image, person, hash]", "[person, hash]"):
        text = text.replace(checks, "[hash]")
    lines = [BREAKER if line.startswith("breaker:") else line for line in text.splitlines()]
    lines = [f'version: "{version}"' if line.startswith("version:") else line for line in lines]
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines).replace("\nrules:\n", f"\nrules:\n{RULE}\n") + "\n")
    return path


def environment(home: Path, kafka: KafkaSettings, authority: Authority) -> dict[str, str]:
    """Of every service, with the files that it names."""
    certs = home / "certs"
    certs.mkdir()
    for name, content in {**issue_chain(), "stamp-roots.pem": pem(authority.house.root)}.items():
        (certs / name).write_bytes(content)
    shutil.copytree(NAME_LISTS, home / "lists")
    ensure_vault_key(home)
    append(store(home / "hashes", BANKS), [change(fresh={"other": now_ms()})])
    return {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SLUICE_HOME": str(home),
        "SLUICE_POLICY": str(policy_file(home, "policy")),
        "SLUICE_SHADOW_POLICY": str(policy_file(home, "shadow")),
        "SLUICE_NAME_LISTS": str(home / "lists"),
        "SLUICE_C2PA_CERTS": str(certs),
        "SLUICE_C2PA_TSA": authority.url,
        "SLUICE_C2PA_TSA_DOWN": "unstamped",
        "SLUICE_HASHES": str(home / "hashes"),
        "SLUICE_TEST_BANK": "1",
        "SLUICE_FLOOD_LEAST": "5",
        "SLUICE_DRAIN_SECONDS": "2",
        "SLUICE_LOG_LEVEL": "warning",
    }


def tipline() -> dict[str, str]:
    """A simulator that is switched off."""
    (port,) = free_ports(1)
    return {
        "SLUICE_TIPLINE_URL": f"http://127.0.0.1:{port}/ispws",
        "SLUICE_TIPLINE_USER": "simulator",
        "SLUICE_TIPLINE_PASSWORD": "simulator",
        "SLUICE_REPORTER_FIRST_NAME": "Simulated",
        "SLUICE_REPORTER_LAST_NAME": "Reporter",
        "SLUICE_REPORTER_EMAIL": "reporter@example.com",
        "SLUICE_REPORTER_SERVICE": "for a test",
        "SLUICE_REPORTER_GATHER_SECONDS": "0",
    }
