"""Keys in a PKCS#11 token. The token is a real one: SoftHSM 2."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from c2pa_signer.key import verifies
from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.manifest import plan
from c2pa_signer.pkcs11_key import Pkcs11Key
from c2pa_signer.sign import Signer
from sluice.errors import NotReadyError, RetryableError
from sluice.provenance import State, verify
from tests.softhsm import SoftHsm, ensure
from tests.unit.signing import FACTS, picture
from tests.unit.signing_authority import House, PrivateKey, install, key_pem, new_key, pem

JPEG = "image/jpeg"
PIN = "843921"
ALGORITHMS = ("es256", "es384", "ps256", "ed25519")


@dataclass
class Token:
    """Two tokens, `images` with a key for each algorithm, and `other`, to which nobody has the PIN."""

    hsm: SoftHsm
    folder: Path
    house: House
    keys: dict[str, PrivateKey]

    def address(self, name: str, token: str = "images", pin: str = "pin") -> str:
        query = f"module-path={self.hsm.library}&pin-source=file:{self.folder / pin}"
        return f"pkcs11:token={token};object={name}?{query}"

    def install(self, folder: Path, algorithm: str, address: str) -> Path:
        chain = self.house.chain(self.house.leaf(self.keys[algorithm].public_key()))
        return install(folder, chain, pem(self.house.root), key_uri=address.encode())

    def open(self, folder: Path, algorithm: str, address: str) -> Signer:
        return Signer(Keyring(Place(self.install(folder, algorithm, address))))

    def check(self, data: bytes) -> State:
        return verify(data, JPEG, pem(self.house.root).decode()).state


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    hsm = ensure(os.environ)
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    (folder / "pin").write_text(PIN + "\n")
    (folder / "wrong").write_text("000000\n")
    with pytest.MonkeyPatch.context() as patch:
        # The library reads it once, when it is loaded.
        patch.setenv("SOFTHSM2_CONF", str(conf))
        _utility(hsm, "--init-token", "--free", "--label", "images", "--so-pin", "so-843921", "--pin", PIN)
        _utility(hsm, "--init-token", "--free", "--label", "other", "--so-pin", "so-843921", "--pin", "other-843921")
        keys = {algorithm: new_key(algorithm) for algorithm in ALGORITHMS}
        for number, (algorithm, key) in enumerate(keys.items(), start=1):
            (folder / "key.pem").write_bytes(key_pem(key))
            about = ["--label", algorithm, "--id", f"{number:02x}", "--token", "images", "--pin", PIN]
            _utility(hsm, "--import", str(folder / "key.pem"), *about)
        (folder / "key.pem").unlink()
        yield Token(hsm, folder, House(), keys)


def _utility(hsm: SoftHsm, *arguments: str) -> None:
    command = [str(hsm.utility), *arguments, "--module", str(hsm.library)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_in_a_token_signs_what_verifies(token: Token, tmp_path: Path, algorithm: str) -> None:
    signer = token.open(tmp_path, algorithm, token.address(algorithm))
    signed = signer.sign(picture(), JPEG, plan(FACTS, JPEG))
    assert token.check(signed.data) is State.TRUSTED


def test_a_key_is_found_by_its_id_too(token: Token, tmp_path: Path) -> None:
    address = token.address("es384").replace("object=es384", "id=%02")
    assert token.open(tmp_path, "es384", address).sign(picture(), JPEG, plan(FACTS, JPEG)).data


def test_threads_sign_at_once_each_in_its_own_session(token: Token, tmp_path: Path) -> None:
    """SoftHSM that is opened as for one thread fails a few times in a thousand."""
    signer = token.open(tmp_path, "es256", token.address("es256"))
    identity = signer._ring.value

    def sign(number: int) -> bool:
        data = number.to_bytes(4)
        return verifies(identity.certificates.leaf, identity.key.algorithm, identity.key.sign(data), data)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(sign, range(2000))) == {True}
        pictures = pool.map(lambda _: signer.sign(picture(), JPEG, plan(FACTS, JPEG)), range(16))
        assert {token.check(each.data) for each in pictures} == {State.TRUSTED}


def test_a_key_that_was_let_go_of_still_finishes_what_is_under_way(token: Token, tmp_path: Path) -> None:
    """A new chain is taken into use while others sign with the old one."""
    signer = token.open(tmp_path / "old", "es256", token.address("es256"))
    key = signer._ring.value.key
    assert isinstance(key, Pkcs11Key)
    key.close()
    assert token.check(signer.sign(picture(), JPEG, plan(FACTS, JPEG)).data) is State.TRUSTED
    assert key._idle == []
    assert token.open(tmp_path / "new", "ps256", token.address("ps256")).serial


def test_the_key_of_another_certificate_is_named(token: Token, tmp_path: Path) -> None:
    token.keys["foreign"] = new_key("es256")
    with pytest.raises(NotReadyError, match="not that of the certificate"):
        token.open(tmp_path, "foreign", token.address("es256"))


def test_what_is_not_there_is_named(token: Token, tmp_path: Path) -> None:
    for address, named in [
        (token.address("nobody"), "no such private key"),
        (token.address("es256", token="elsewhere"), "0 PKCS#11 tokens are what the address names"),
        (token.address("es256").replace("softhsm2.so", "nothing.so"), "module-path .* names no file"),
        (token.address("es256", token="other", pin="nowhere"), "pin-source .* cannot be read"),
    ]:
        with pytest.raises(NotReadyError, match=named):
            token.open(tmp_path, "es256", address)


def test_what_is_no_library_of_pkcs11_is_named(token: Token, tmp_path: Path) -> None:
    (tmp_path / "no.so").write_bytes(b"")
    address = token.address("es256").replace(str(token.hsm.library), str(tmp_path / "no.so"))
    with pytest.raises(NotReadyError, match="the PKCS#11 token cannot be used"):
        token.open(tmp_path / "certs", "es256", address)


def test_a_wrong_pin_is_named_and_not_told(token: Token, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotReadyError, match="refuses the PIN in pin-source: PinIncorrect") as caught:
        token.open(tmp_path, "es256", token.address("es256", token="other", pin="wrong"))
    assert "000000" not in str(caught.value) + repr(caught.value.__cause__) + "".join(capfd.readouterr())


def test_a_pin_that_was_wrong_is_not_tried_again(token: Token, tmp_path: Path) -> None:
    """A signer that is not ready looks again every two seconds; a token locks itself after a few wrong PINs."""
    (token.folder / "mistyped").write_text("111111\n")
    address = token.address("es256", token="other", pin="mistyped")
    with pytest.raises(NotReadyError, match="PinIncorrect"):
        token.open(tmp_path, "es256", address)
    with pytest.raises(NotReadyError, match="another one is tried at once"):
        token.open(tmp_path, "es256", address)
    (token.folder / "mistyped").write_text("222222\n")
    with pytest.raises(NotReadyError, match="PinIncorrect"):
        token.open(tmp_path, "es256", address)


def test_a_session_that_failed_is_given_back_to_the_token(token: Token, tmp_path: Path) -> None:
    key = token.open(tmp_path, "es256", token.address("es256"))._ring.value.key
    assert isinstance(key, Pkcs11Key)
    gone, ended = key._pkcs11.DeviceRemoved, list[bool]()

    class Broken:
        """A session, and a key in it, of a token that was pulled out."""

        def sign(self, *_: object, **__: object) -> bytes:
            raise gone

        def close(self) -> None:
            ended.append(True)

    key._idle.append((Broken(), Broken()))
    with pytest.raises(RetryableError, match="DeviceRemoved"):
        key.sign(b"data")
    assert ended == [True]
    assert key.sign(b"data")
