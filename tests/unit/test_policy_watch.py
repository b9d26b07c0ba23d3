"""The policy of a running service: the digest on decisions is that of the bytes that were judged."""

import hashlib
from pathlib import Path

import pytest

from sluice.errors import ConfigError
from sluice.policy.load import load
from sluice.policy.watch import watched_policy

DEFAULT = Path(__file__).parents[2] / "policies" / "default.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_bytes(DEFAULT.read_bytes())
    return path


def test_a_policy_is_loaded_from_the_bytes_that_were_read(file: Path) -> None:
    found = watched_policy(file)
    assert (found.value.digest, found.value.rules[0].id) == (load(file).digest, load(file).rules[0].id)
    before = found.value
    file.write_bytes(DEFAULT.read_bytes() + b"# another\n")
    seen = found.read()
    file.write_bytes(b"written meanwhile")
    found.adopt(seen)
    assert found.value.digest == hashlib.sha256(seen.files[file]).digest() == found.version.digest
    assert found.value.digest != before.digest
    assert found.version.name == before.version


@pytest.mark.parametrize(
    "data",
    [b"", b"not: a policy", b"[" * 5000, b"version: \x00", b"\xff\xfe", DEFAULT.read_bytes().split(b"\nrules:")[0]],
    ids=["empty", "no policy", "deep", "control", "no text", "half"],
)
def test_a_broken_policy_changes_nothing(file: Path, data: bytes) -> None:
    found = watched_policy(file)
    before = found.value
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=r"policy\.yaml"):
        found.adopt(found.read())
    assert found.value is before


def test_a_policy_that_is_not_there_says_who_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file or directory; SLUICE_POLICY names"):
        watched_policy(tmp_path / "policy.yaml")


def test_another_policy_has_another_name_and_another_variable(tmp_path: Path, file: Path) -> None:
    assert watched_policy(file, "shadow-policy", "SLUICE_SHADOW_POLICY").about == "shadow-policy"
    with pytest.raises(ConfigError, match="SLUICE_SHADOW_POLICY names the policy file"):
        watched_policy(tmp_path / "none", "shadow-policy", "SLUICE_SHADOW_POLICY")
