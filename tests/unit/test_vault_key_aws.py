"""AWS KMS, played on this machine: the real client, its signatures, and every kind of refusal."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sluice.errors import ConfigError, NotReadyError, RetryableError
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.key_aws import AwsKeys
from sluice.vault.key_file import FileKeys, add_key
from sluice.vault.keys import KeyWrapper, Wrapped
from sluice.vault.keys_several import SeveralKeys
from sluice.vault.opened import open_wrapper
from sluice.vault.upkeep import rewrap
from tests.unit.key_services import (
    AWS_KEY_ID,
    AWS_REGION,
    AWS_SECRET,
    HANGS_UP,
    Asked,
    KeyService,
    RefusedError,
    _sigv4,
    serving,
    trust,
)
from tests.unit.vault_shelf import DATA, Place, facts

DATA_KEY = bytes(range(32))
_MATERIAL = FileKeys({"arn": bytes(32)}, "arn", "kms")


def kms(_: KeyService, asked: Asked) -> Mapping[str, Any]:
    """Encrypt and Decrypt, for `alias/evidence`."""
    if not _sigv4(asked):
        raise RefusedError(400, {"__type": "InvalidSignatureException"})
    form = asked.json()
    if form["KeyId"] != "alias/evidence":
        raise RefusedError(400, {"__type": "NotFoundException"})
    ((name, about),) = form["EncryptionContext"].items()
    assert name == "sluice-vault"
    if asked.headers["x-amz-target"] == "TrentService.Encrypt":
        wrapped = _MATERIAL.wrap(base64.b64decode(form["Plaintext"]), about)
        return {"CiphertextBlob": base64.b64encode(wrapped.data).decode(), "KeyId": "arn"}
    assert asked.headers["x-amz-target"] == "TrentService.Decrypt"
    try:
        key = _MATERIAL.unwrap(Wrapped("arn", base64.b64decode(form["CiphertextBlob"])), about)
    except TamperedError:
        raise RefusedError(400, {"__type": "InvalidCiphertextException"}) from None
    return {"Plaintext": base64.b64encode(key).decode(), "KeyId": "arn"}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyService]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", AWS_KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", AWS_REGION)
    with serving(KeyService(kms, ec.generate_private_key(ec.SECP256R1())), tmp_path) as running:
        trust(tmp_path, monkeypatch)
        yield running


@pytest.fixture
def keys(service: KeyService) -> Iterator[KeyWrapper]:
    opened = open_wrapper(f"awskms://{service.host}/alias/evidence")
    yield opened
    opened.close()


def test_wrapped_there_and_bound_to_its_place(keys: KeyWrapper) -> None:
    wrapped = keys.wrap(DATA_KEY, "it")
    assert DATA_KEY not in wrapped.data
    assert keys.unwrap(wrapped, "it") == DATA_KEY
    with pytest.raises(TamperedError):
        keys.unwrap(wrapped, "that")
    with pytest.raises(TamperedError):
        keys.unwrap(Wrapped(wrapped.key_id, wrapped.data[:-1] + b"x"), "it")
    assert Wrapped.decode(wrapped.encode(), "here") == wrapped


def test_another_key_is_missing(keys: KeyWrapper) -> None:
    with pytest.raises(MissingKeyError, match="'awskms:///other'"):
        keys.unwrap(Wrapped("awskms:///other", b"x"), "it")


def test_refusals_stay_and_failures_pass(service: KeyService, keys: KeyWrapper) -> None:
    wrapped = keys.wrap(DATA_KEY, "it")
    unknown = AwsKeys(f"awskms://{service.host}/alias/other")
    with pytest.raises(NotReadyError, match="refuses to encrypt: NotFoundException"):
        unknown.wrap(DATA_KEY, "it")
    unknown.close()
    service.fails = [500] * 9
    with pytest.raises(RetryableError, match="does not decrypt"):
        keys.unwrap(wrapped, "it")
    service.fails = [HANGS_UP] * 9
    with pytest.raises(RetryableError, match="no answer"):
        keys.unwrap(wrapped, "it")
    service.fails = []
    assert keys.unwrap(wrapped, "it") == DATA_KEY


def test_a_vault_moves_from_a_file_to_the_service(keys: KeyWrapper, tmp_path: Path) -> None:
    place = Place()
    found = place.vault().keep(DATA, facts())
    both = SeveralKeys([FileKeys(place.keys, "one", "the key file"), keys])
    assert rewrap(place.vault(wrapper=both)).done == (found.id,)
    assert place.vault(wrapper=keys).read(found.id, "ann", "x") == DATA
    with pytest.raises(MissingKeyError):
        place.vault()
    add_key(tmp_path / "other", "other")
    with pytest.raises(MissingKeyError, match="none of the keys in SLUICE_VAULT_KEY"):
        place.vault(wrapper=open_wrapper(f"{(tmp_path / 'other').as_uri()},{(tmp_path / 'other').as_uri()}"))


@pytest.mark.parametrize(
    "uri", ["", "x", "https://kms", "awskms://", "awskms://host", "awskms:///a b", "file://relative"]
)
def test_other_addresses(uri: str) -> None:
    with pytest.raises(ConfigError, match="SLUICE_VAULT_KEY"):
        open_wrapper(uri)
