"""Google's, Azure's and Vault's key services, played on this machine: the real clients, and every kind of refusal."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sluice.errors import ConfigError, NotReadyError, RetryableError
from sluice.vault.errors import MissingKeyError, TamperedError
from sluice.vault.keys import KeyWrapper, Wrapped
from sluice.vault.opened import open_wrapper
from tests.unit import key_services as services
from tests.unit.key_services import HANGS_UP, Asked, KeyService, RefusedError, serving, trust, unpadded
from tests.unit.signing_authority import key_pem
from tests.unit.vault_shelf import DATA, Place, facts

KINDS = ("gcp", "azure", "transit")
DATA_KEY = bytes(range(32))
GCP_NAME = "projects/p/locations/global/keyRings/r/cryptoKeys/evidence"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
ACCOUNT = rsa.generate_private_key(65537, 2048)
_AES = AESGCM(bytes(32))
_NONCE = bytes(12)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def opened(text: str) -> bytes:
    """What was sealed; 400 for anything else, as all of them answer."""
    try:
        return _AES.decrypt(_NONCE, base64.b64decode(text), None)
    except (InvalidTag, ValueError):
        raise RefusedError(400) from None


def gcp(service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt"""
    if asked.path == "/token":
        return services.gcp(ACCOUNT)(service, asked)
    if asked.headers.get("authorization") != f"Bearer {services.GCP_TOKEN}":
        raise RefusedError(401)
    name, _, method = asked.path.removeprefix("/v1/").partition(":")
    if name != GCP_NAME:
        raise RefusedError(404)
    form = asked.json()
    if method == "encrypt":
        return {"ciphertext": b64(_AES.encrypt(_NONCE, base64.b64decode(form["plaintext"]), None)), "name": name}
    return {"plaintext": b64(opened(form["ciphertext"]))}


def azure(_service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key"""
    if asked.headers.get("authorization") != f"Bearer {services.AZURE_TOKEN}":
        raise RefusedError(401)
    folder, _, method = asked.path.rpartition("/")
    if folder != "/keys/evidence/0123abcd":
        raise RefusedError(404)
    form = asked.json()
    assert form["alg"] == "RSA-OAEP-256"
    value = unpadded(form["value"])
    try:
        done = ACCOUNT.public_key().encrypt(value, OAEP) if method == "wrapkey" else ACCOUNT.decrypt(value, OAEP)
    except ValueError:
        raise RefusedError(400) from None
    return {"kid": "it", "value": base64.urlsafe_b64encode(done).decode().rstrip("=")}


def transit(_service: KeyService, asked: Asked) -> Mapping[str, Any]:
    """https://developer.hashicorp.com/vault/api-docs/secret/transit#encrypt-data"""
    if asked.headers.get("x-vault-token") != services.VAULT_TOKEN:
        raise RefusedError(403)
    method = asked.path.removeprefix("/v1/keys/").partition("/")[0]
    if asked.path != f"/v1/keys/{method}/evidence":
        raise RefusedError(404)
    form = asked.json()
    if method == "encrypt":
        return {
            "data": {"ciphertext": f"vault:v3:{b64(_AES.encrypt(_NONCE, base64.b64decode(form['plaintext']), None))}"}
        }
    head, version, text = form["ciphertext"].split(":") if form["ciphertext"].count(":") == 2 else ("", "", "")
    if (head, version) != ("vault", "v3"):
        raise RefusedError(400)
    return {"data": {"plaintext": b64(opened(text))}}


ANSWERS: Mapping[str, Callable[[KeyService, Asked], Mapping[str, Any]]] = {
    "gcp": gcp,
    "azure": azure,
    "transit": transit,
}


class Bench:
    """A service, and how it is named."""

    def __init__(self, service: KeyService, uri: str, env: Mapping[str, str]) -> None:
        self.service = service
        self.uri = uri
        self.env = env

    def open(self, uri: str = "") -> KeyWrapper:
        return open_wrapper(uri or self.uri, self.env)


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """One of each kind."""
    kind: str = request.param
    with ExitStack() as stack:
        key = ec.generate_private_key(ec.SECP256R1())
        service = stack.enter_context(serving(KeyService(ANSWERS[kind], key), tmp_path))
        trust(tmp_path, monkeypatch)
        env: dict[str, str] = {}
        if kind == "gcp":
            about = {
                "type": "service_account",
                "client_email": "reporter@p.iam.gserviceaccount.com",
                "private_key": key_pem(ACCOUNT).decode(),
                "token_uri": f"{service.url}/token",
            }
            (tmp_path / "account.json").write_text(json.dumps(about))
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
            monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
            uri = f"gcpkms://{GCP_NAME}?endpoint={service.url}"
        elif kind == "azure":
            identity = stack.enter_context(serving(KeyService(services.azure_identity, key), tmp_path, tls=False))
            for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
                monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv("IDENTITY_ENDPOINT", f"{identity.url}/msi/token")
            monkeypatch.setenv("IDENTITY_HEADER", services.AZURE_HEADER)
            uri = f"azurekms://{service.host}/evidence/0123abcd"
        else:
            env = {"VAULT_ADDR": service.url, "VAULT_TOKEN": services.VAULT_TOKEN}
            uri = "hashivault://evidence?mount=keys"
        yield Bench(service, uri, env)


@pytest.fixture
def keys(bench: Bench) -> Iterator[KeyWrapper]:
    found = bench.open()
    yield found
    found.close()


def test_wrapped_there_and_bound_to_its_place(bench: Bench, keys: KeyWrapper) -> None:
    wrapped = keys.wrap(DATA_KEY, "it")
    assert wrapped.key_id == bench.uri.partition("?")[0]
    assert DATA_KEY not in wrapped.data
    assert keys.unwrap(wrapped, "it") == DATA_KEY
    assert Wrapped.decode(wrapped.encode(), "here") == wrapped
    with pytest.raises(TamperedError, match="the key of that"):
        keys.unwrap(wrapped, "that")
    for data in (b"\xff" * len(wrapped.data), wrapped.data[:-9], b"vault:v3:AAAA"):
        with pytest.raises(TamperedError, match="the key of it"):
            keys.unwrap(Wrapped(wrapped.key_id, data), "it")


def test_another_key_is_missing(keys: KeyWrapper) -> None:
    with pytest.raises(MissingKeyError, match="'awskms:///other'"):
        keys.unwrap(Wrapped("awskms:///other", b"x"), "it")


def test_refusals_stay_and_failures_pass(bench: Bench, keys: KeyWrapper) -> None:
    wrapped = keys.wrap(DATA_KEY, "it")
    unknown = bench.open(bench.uri.replace("evidence", "other"))
    with pytest.raises(NotReadyError, match="refuses to wrap a key: HTTP status 404"):
        unknown.wrap(DATA_KEY, "it")
    unknown.close()
    bench.service.fails = [503]
    with pytest.raises(RetryableError, match="does not unwrap a key"):
        keys.unwrap(wrapped, "it")
    bench.service.fails = [HANGS_UP] * 3
    with pytest.raises(RetryableError, match="no answer"):
        keys.unwrap(wrapped, "it")
    bench.service.fails = []
    assert keys.unwrap(wrapped, "it") == DATA_KEY


def test_a_whole_vault_on_it(keys: KeyWrapper) -> None:
    place = Place()
    found = place.vault(wrapper=keys).keep(DATA, facts())
    assert place.vault(wrapper=keys).read(found.id, "ann", "x") == DATA
    with pytest.raises(MissingKeyError):
        place.vault()


@pytest.mark.parametrize(
    "uri",
    [
        "gcpkms://",
        "gcpkms://projects/p/key",
        "azurekms://host/key",
        "hashivault://a/b",
        "hashivault://",
        "azurekms:x",
    ],
)
def test_other_addresses(uri: str) -> None:
    with pytest.raises(ConfigError, match="SLUICE_VAULT_KEY"):
        open_wrapper(uri, {})


def test_a_vault_that_is_not_named_says_so() -> None:
    with pytest.raises(NotReadyError, match="VAULT_ADDR"):
        open_wrapper("hashivault://evidence", {})
