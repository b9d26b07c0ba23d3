"""The service as it runs, before it has a broker: what it says of a chain that cannot sign."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sluice.cli.status import Found
from sluice.local.health import Health
from sluice.local.ops import Said, ask_ops
from sluice.local.state import ServiceAt
from tests.unit.signing import write_chain

SECONDS = 60.0


@contextmanager
def signer(folder: Path, home: Path, **settings: str) -> Iterator[str]:
    """The address of its operators' door."""
    env = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ},
        # Where no credentials of anybody lie.
        "HOME": str(home),
        "SLUICE_HOME": str(home),
        "SLUICE_C2PA_CERTS": str(folder),
        # Nobody listens there.
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "SLUICE_OPS_ADDRESS": "127.0.0.1:0",
        **settings,
    }
    log = home / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "c2pa_signer"], env=env, stdout=out, stderr=out)
    try:
        yield _address(log)
    finally:
        process.kill()
        process.wait()


def _address(log: Path) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for line in log.read_text().splitlines():
            if "operators' door" in line:
                return str(json.loads(line)["address"])
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def said(address: str, word: str) -> Said:
    """What it says once `word` stands in a reason."""
    end = time.monotonic() + SECONDS
    found = ask_ops(address)
    while not any(word in reason for reason in found.reasons.values()):
        assert time.monotonic() < end, found
        time.sleep(0.1)
        found = ask_ops(address)
    return found


def status(found: Said) -> str:
    """As `sluice status` shows it."""
    return "\n".join(Found(ServiceAt("127.0.0.1:1", 1, 0), Health.NOT_SERVING, found).lines("c2pa-signer", 12))


def test_a_signer_with_an_expired_key_is_not_ready_says_so_and_takes_a_new_one(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    write_chain(certs, begins=dt.datetime.now(dt.UTC) - dt.timedelta(days=2), leaf_days=1)
    with signer(certs, tmp_path) as address:
        told = status(said(address, "expired"))
        assert "NOT_SERVING" in told
        assert "not ready: start: signing certificate" in told
        assert "expired at" in told
        assert "install a new chain" in told
        write_chain(certs)
        # What it waits for now is the broker.
        end = time.monotonic() + SECONDS
        while "expired" in status(ask_ops(address)):
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("awskms:///alias/images", "AWS KMS"),
        ("hashivault://images", "Vault: no answer"),
        ("pkcs11:token=t;object=o?module-path=/nowhere.so&pin-source=/nowhere", "module-path"),
    ],
)
def test_a_key_that_cannot_be_reached_is_told(tmp_path: Path, address: str, named: str) -> None:
    certs = write_chain(tmp_path / "certs")
    (certs / "key.uri").write_text(address)
    elsewhere = {"VAULT_ADDR": "http://127.0.0.1:1", "VAULT_TOKEN": "hvs.secret", "AWS_EC2_METADATA_DISABLED": "true"}
    with signer(certs, tmp_path, **elsewhere) as door:
        assert "hvs.secret" not in status(said(door, named))
    assert "hvs.secret" not in (tmp_path / "log").read_text()
