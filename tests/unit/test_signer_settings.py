"""What the signer is told is complete or refused, and a refusal names the variable and keeps secrets."""

from pathlib import Path

import pytest

from c2pa_signer.keys_uri import Kind, parse_key_uri
from c2pa_signer.service import SignerService
from c2pa_signer.settings import read_signer_settings
from c2pa_signer.stamps import Down
from sluice.errors import EX_CONFIG, ConfigError
from sluice.host.serve import serve
from sluice.settings import Reader

PKCS11 = "pkcs11:token=images;object=c2pa?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin"
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234"
GCP = "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("awskms:///alias/images", Kind.AWS, "/alias/images"),
        (f"awskms:///{ARN}", Kind.AWS, f"/{ARN}"),
        ("awskms://vpce-1.kms.example/1234", Kind.AWS, "vpce-1.kms.example/1234"),
        (GCP, Kind.GCP, GCP.removeprefix("gcpkms://")),
        ("azurekms://v.vault.azure.net/images/0123abcd", Kind.AZURE, "v.vault.azure.net/images/0123abcd"),
        ("hashivault://images?mount=signing&version=3\n", Kind.VAULT, "images"),
    ],
)
def test_addresses(text: str, kind: Kind, rest: str) -> None:
    found = parse_key_uri(text)
    assert (found.kind, found.rest) == (kind, rest)
    if kind is Kind.VAULT:
        assert found.options == {"mount": "signing", "version": "3"}


def test_an_address_of_pkcs11() -> None:
    found = parse_key_uri(PKCS11.replace("object=c2pa", "object=my%20key;id=%01%FF"))
    assert found.options == {
        "token": "images",
        "object": "my key",
        "id": "\x01\xff",
        "module-path": "/usr/lib/softhsm/libsofthsm2.so",
        "pin-source": "file:/run/pin",
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("/etc/key.pem", "should begin with one of pkcs11:, awskms:, gcpkms:, azurekms:, hashivault:"),
        ("awskms:alias/images", "should look like awskms:///KEY-ID"),
        ("gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k", "cryptoKeyVersions/1"),
        ("azurekms://v.vault.azure.net/images", "azurekms://NAME.vault.azure.net/KEY/VERSION"),
        ("hashivault://a/b", "hashivault://KEY"),
        ("pkcs11:object=c2pa?module-path=/lib.so", "lacks pin-source"),
        ("pkcs11:token=t?module-path=/lib.so&pin-source=/pin", "should name the key"),
        ("pkcs11:token", "list of NAME=VALUE"),
        (PKCS11 + "&pin-value=843921", "should not hold a PIN"),
    ],
)
def test_addresses_that_are_none(text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        parse_key_uri(text)
    assert "843921" not in str(caught.value)


def test_what_is_told(tmp_path: Path) -> None:
    env = {
        "SLUICE_C2PA_KEY": "awskms:///alias/images",
        "SLUICE_C2PA_TSA": "http://one.example/tsa, https://two.example",
        "SLUICE_C2PA_TSA_DOWN": "unstamped",
        "SLUICE_C2PA_CONCURRENCY": "64",
        "VAULT_TOKEN": "hvs.secret",
    }
    reader = Reader(env)
    found = read_signer_settings(reader, tmp_path, env)
    reader.finish()
    assert found.key is not None
    assert found.key.kind is Kind.AWS
    assert found.stamps == ("http://one.example/tsa", "https://two.example")
    assert (found.stamps_down, found.concurrency) == (Down.UNSTAMPED, 64)
    assert "hvs.secret" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("SLUICE_C2PA_KEY", PKCS11 + "&pin-value=843921", "SLUICE_C2PA_KEY: a PKCS#11 address should not hold a PIN"),
        ("SLUICE_C2PA_KEY", "hashivault://images", "VAULT_ADDR is not set"),
        ("SLUICE_C2PA_TSA", "timestamp.example", "SLUICE_C2PA_TSA should be URLs"),
        ("SLUICE_C2PA_TSA", "http://[::1", "SLUICE_C2PA_TSA should be URLs"),
        ("SLUICE_C2PA_TSA", "http://tsa.example:99999/", "SLUICE_C2PA_TSA should be URLs"),
        ("SLUICE_C2PA_UPLOADS", "drop", "SLUICE_C2PA_UPLOADS"),
        ("SLUICE_C2PA_TSA_DOWN", "perhaps", "SLUICE_C2PA_TSA_DOWN"),
        ("SLUICE_C2PA_CONCURRENCY", "0", "SLUICE_C2PA_CONCURRENCY"),
    ],
)
def test_a_wrong_setting_ends_the_service_with_78(
    name: str, value: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve(SignerService, {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", name: value}) == EX_CONFIG
    told = capsys.readouterr().err
    assert named in told
    assert "843921" not in told


def test_a_proxy_must_not_stand_between_the_library_and_its_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    reader = Reader({"SLUICE_C2PA_TSA": "http://one.example/tsa"})
    read_signer_settings(reader, tmp_path)
    with pytest.raises(ConfigError, match=r"NO_PROXY should hold 127\.0\.0\.1"):
        reader.finish()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.svc")
    reader = Reader({"SLUICE_C2PA_TSA": "http://one.example/tsa"})
    read_signer_settings(reader, tmp_path)
    reader.finish()


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy"])
def test_a_proxy_for_everything_must_not_stand_there_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    reader = Reader({"SLUICE_C2PA_TSA": "http://one.example/tsa"})
    read_signer_settings(reader, tmp_path)
    with pytest.raises(ConfigError, match=r"NO_PROXY should hold 127\.0\.0\.1"):
        reader.finish()
