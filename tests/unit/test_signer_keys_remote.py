"""Keys in other people's services: servers of ours play them and truly sign, the clients are the real ones."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.keys_uri import parse_key_uri
from c2pa_signer.manifest import plan
from c2pa_signer.sign import Signer
from c2pa_signer.vault_key import VaultKey
from sluice.errors import NotReadyError, RetryableError, SluiceError, TerminalError
from sluice.provenance import State, verify
from sluice.remote.tokens import library
from tests.unit import key_services as services
from tests.unit.key_services import HANGS_UP, KeyService, serving
from tests.unit.signing import FACTS, picture
from tests.unit.signing_authority import House, install, key_pem, new_key, pem

JPEG = "image/jpeg"
SECRETS = (services.AWS_SECRET, services.GCP_TOKEN, services.AZURE_TOKEN, services.AZURE_HEADER, services.VAULT_TOKEN)


class Desk:
    """A folder with a chain, and the service that has its key."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.house = House()
        self.address = ""
        self.env: dict[str, str] = {}
        self.rings: list[Keyring] = []

    @contextmanager
    def at(self, kind: str, algorithm: str = "es256") -> Iterator[KeyService]:
        key = new_key(algorithm)
        chain = self.house.chain(self.house.leaf(key.public_key()))
        with ExitStack() as stack:
            account = rsa.generate_private_key(65537, 2048)
            answers = {
                "aws": services.aws,
                "gcp": services.gcp(account),
                "azure": services.azure,
                "vault": services.vault,
            }
            service = stack.enter_context(serving(KeyService(answers[kind], key), self.folder))
            services.trust(self.folder, self.patch)
            getattr(self, f"_{kind}")(service, account, stack)
            install(self.folder / "certs", chain, pem(self.house.root), key_uri=self.address.encode())
            yield service

    def _aws(self, service: KeyService, account: rsa.RSAPrivateKey, stack: ExitStack) -> None:
        self.patch.setenv("AWS_ACCESS_KEY_ID", services.AWS_KEY_ID)
        self.patch.setenv("AWS_SECRET_ACCESS_KEY", services.AWS_SECRET)
        self.patch.setenv("AWS_REGION", services.AWS_REGION)
        self.patch.setenv("AWS_DEFAULT_REGION", services.AWS_REGION)
        self.patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        self.patch.setenv("AWS_CONFIG_FILE", str(self.folder / "none"))
        self.patch.delenv("AWS_PROFILE", raising=False)
        self.patch.setenv("AWS_ENDPOINT_URL_KMS", service.url)
        self.address = "awskms:///alias/images\n"

    def _gcp(self, service: KeyService, account: rsa.RSAPrivateKey, stack: ExitStack) -> None:
        about = {
            "type": "service_account",
            "client_email": "signer@p.iam.gserviceaccount.com",
            "private_key": key_pem(account).decode(),
            "token_uri": f"{service.url}/token",
        }
        (self.folder / "account.json").write_text(json.dumps(about))
        self.patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(self.folder / "account.json"))
        self.patch.setenv("GOOGLE_CLOUD_PROJECT", "p")
        self.address = f"gcpkms://{services.GCP_KEY}?endpoint={service.url}"

    def _azure(self, service: KeyService, account: rsa.RSAPrivateKey, stack: ExitStack) -> None:
        identity = KeyService(services.azure_identity, service.key)
        stack.enter_context(serving(identity, self.folder, tls=False))
        for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
            self.patch.delenv(name, raising=False)
        self.patch.setenv("IDENTITY_ENDPOINT", f"{identity.url}/msi/token")
        self.patch.setenv("IDENTITY_HEADER", services.AZURE_HEADER)
        self.address = f"azurekms://{service.host}/images/0123abcd"

    def _vault(self, service: KeyService, account: rsa.RSAPrivateKey, stack: ExitStack) -> None:
        token = self.folder / "token"
        token.write_text(services.VAULT_TOKEN + "\n")
        self.env = {"VAULT_ADDR": service.url, "VAULT_TOKEN_FILE": str(token)}
        self.address = "hashivault://images?version=3"

    def open(self) -> Signer:
        ring = Keyring(Place(self.folder / "certs", env=self.env))
        self.rings.append(ring)
        return Signer(ring)

    def close(self) -> None:
        for ring in self.rings:
            ring.value.key.close()

    def check(self, data: bytes) -> State:
        return verify(data, JPEG, pem(self.house.root).decode()).state


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.close()


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        *(
            (kind, algorithm)
            for kind in ("aws", "gcp", "vault")
            for algorithm in ("es256", "es384", "ps256", "ed25519")
        ),
        *(("azure", algorithm) for algorithm in ("es256", "es384", "ps256")),
    ],
)
def test_a_key_in_a_service_signs_what_verifies(desk: Desk, kind: str, algorithm: str) -> None:
    with desk.at(kind, algorithm) as service:
        signer = desk.open()
        signed = signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        assert desk.check(signed.data) is State.TRUSTED
        assert signed.certificate_serial == signer.serial
        # One for the trial, one for the picture, and a token at most.
        assert len(service.asked) in (2, 3)


@pytest.mark.parametrize("kind", ["aws", "gcp", "azure", "vault"])
def test_a_service_that_is_gone_for_a_while_is_asked_again_later(desk: Desk, kind: str) -> None:
    with desk.at(kind) as service:
        signer = desk.open()
        service.fails = [503, 503]
        with pytest.raises(RetryableError, match="does not sign"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        assert "does not sign" in signer.trouble
        service.fails = []
        assert desk.check(signer.sign(picture(), JPEG, plan(FACTS, JPEG)).data) is State.TRUSTED
        assert signer.trouble == ""
        service.fails = [HANGS_UP, HANGS_UP]
        with pytest.raises(RetryableError, match="no answer"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))


@pytest.mark.parametrize("kind", ["aws", "gcp", "azure", "vault"])
def test_a_service_that_has_another_key_is_not_taken_into_use(desk: Desk, kind: str) -> None:
    with desk.at(kind) as service:
        service.key = new_key("es256")
        with pytest.raises(NotReadyError, match="not that of the certificate: was it rotated"):
            desk.open()


@pytest.mark.parametrize("kind", ["aws", "gcp", "azure", "vault"])
def test_a_key_that_is_exchanged_behind_our_back_signs_nothing(desk: Desk, kind: str) -> None:
    with desk.at(kind) as service:
        signer = desk.open()
        service.key = new_key("es256")
        with pytest.raises(NotReadyError, match="not that of the certificate"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))


@pytest.mark.parametrize("kind", ["gcp", "azure", "vault"])
def test_a_refusal_is_told_and_no_secret_is(
    desk: Desk, kind: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with desk.at(kind) as service:
        signer = desk.open()
        service.fails = [403]
        with pytest.raises(NotReadyError, match="refuses to sign: HTTP status 403") as caught:
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        told = chain_of(caught.value) + repr(signer._ring.value) + repr(signer._ring.value.key) + caplog.text
        told += "".join(capfd.readouterr())
        assert not [secret for secret in SECRETS if secret in told]


def test_wrong_credentials_are_told_and_no_secret_is(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with desk.at("aws"):
        desk.patch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
        with pytest.raises(NotReadyError, match="AWS KMS refuses to sign: InvalidSignatureException") as caught:
            desk.open()
        assert "another secret" not in chain_of(caught.value) + caplog.text


def test_without_credentials_or_region_aws_says_so(desk: Desk) -> None:
    with desk.at("aws"):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            desk.patch.delenv(name)
        desk.patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(desk.folder / "none"))
        with pytest.raises(NotReadyError, match="no credentials were found"):
            desk.open()
        desk.patch.delenv("AWS_REGION")
        desk.patch.delenv("AWS_DEFAULT_REGION")
        with pytest.raises(NotReadyError, match="is AWS_REGION set"):
            desk.open()


def test_a_token_of_vault_that_was_renewed_is_used_at_once(desk: Desk) -> None:
    with desk.at("vault") as service:
        signer = desk.open()
        token = Path(desk.env["VAULT_TOKEN_FILE"])
        token.write_text("hvs.too-old")
        with pytest.raises(NotReadyError, match="403"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        token.write_text(services.VAULT_TOKEN)
        assert signer.sign(picture(), JPEG, plan(FACTS, JPEG)).data
        assert service.asked[-1].json()["key_version"] == 3
        token.unlink()
        with pytest.raises(NotReadyError, match="VAULT_TOKEN_FILE cannot be read"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))


def test_a_token_of_google_is_asked_for_once(desk: Desk) -> None:
    with desk.at("gcp") as service:
        signer = desk.open()
        for _ in range(3):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        assert [asked.path for asked in service.asked].count("/token") == 1


def test_azure_has_no_ed25519(tmp_path: Path) -> None:
    house = House()
    chain = house.chain(house.leaf(new_key("ed25519").public_key()))
    folder = install(tmp_path, chain, pem(house.root))
    with pytest.raises(NotReadyError, match="has no keys for ed25519"):
        Keyring(Place(folder, parse_key_uri("azurekms://v.vault.azure.net/images/0123abcd")))


def chain_of(error: BaseException | None) -> str:
    """All that an error and its causes say."""
    said = ""
    while error is not None:
        said += repr(error)
        error = error.__cause__ or error.__context__
    return said


def test_a_broken_picture_is_not_the_keys_fault(desk: Desk) -> None:
    """Also where the same thread met a fault of the key just before."""
    with desk.at("vault") as service:
        signer = desk.open()
        service.fails = [503]
        with pytest.raises(RetryableError):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        with pytest.raises(TerminalError, match="refused the picture"):
            signer.sign(picture()[:200], JPEG, plan(FACTS, JPEG))


def test_an_error_that_nobody_foresaw_is_tried_again_and_not_told(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with desk.at("vault"):
        signer = desk.open()
        key = signer._ring.value.key
        assert isinstance(key, VaultKey)
        key._transit._engine = "http://[a secret"
        with pytest.raises(RetryableError, match="the signing key failed"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
    assert "a secret" not in caplog.text + "".join(capfd.readouterr())


def test_a_library_that_is_not_installed_is_named_with_its_extra() -> None:
    with pytest.raises(NotReadyError, match=r"pip install 'sluice\[aws-kms\]'"):
        library("no_such_module", "aws-kms")


def test_errors_are_ours(desk: Desk) -> None:
    with desk.at("vault") as service:
        signer = desk.open()
        service.answer = lambda _, __: {"data": {"signature": "vault:v1:%%%"}}
        with pytest.raises(SluiceError, match="holds no signature"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
        service.answer = lambda _, __: {"data": "?"}
        with pytest.raises(SluiceError, match="holds no signature"):
            signer.sign(picture(), JPEG, plan(FACTS, JPEG))
