"""A timestamp is read by others too, and told for what it is."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from c2pa_signer.asset import sign_asset
from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.sign import Signer
from c2pa_signer.stamps import Stamps
from c2pa_signer.stamps_door import StampDoor
from sluice.credentials.read import read_credentials
from sluice.local.authority import issue_chain
from sluice.media import EXTENSIONS
from sluice.provenance import State
from tests.tamper.readers import SLUICE, TS, WASM, opinions
from tests.tamper.victim import HEIC, pictures
from tests.unit.signing import FACTS
from tests.unit.signing_authority import pem
from tests.unit.stamp_authority import Authority, stamping


@dataclass(frozen=True, slots=True)
class Stamped:
    """Name -> signed picture; the signer's root, and that of the authority."""

    pictures: Mapping[str, bytes]
    root: bytes
    stamp_root: bytes


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Stamped:
    folder = tmp_path_factory.mktemp("certs")
    chain = issue_chain()
    with ExitStack() as stack:
        authority = stack.enter_context(stamping(Authority()))
        stamp_root = pem(authority.house.root)
        for name, content in {**chain, "root.pem": chain["root.pem"] + stamp_root}.items():
            (folder / name).write_bytes(content)
        stamps = Stamps([authority.url], seconds=10.0)
        stack.callback(stamps.close)
        door = StampDoor(stamps)
        stack.callback(door.close)
        signer = Signer(Keyring(Place(folder, stamp_url=door.url)), stamps=stamps)
        kinds = ("image/jpeg", "image/webp", HEIC)
        signed = {f"stamped.{EXTENSIONS[kind]}": sign_asset(signer, FACTS, pictures(kind)[0]).data for kind in kinds}
    return Stamped(signed, chain["root.pem"], stamp_root)


def test_our_verifier_tells_when_and_who_says_so(stamped: Stamped) -> None:
    picture = stamped.pictures["stamped.jpg"]
    both = read_credentials(picture, (stamped.root + stamped.stamp_root).decode())
    assert (both.state, both.stamp_trusted) == (State.TRUSTED, True)
    assert both.stamped_at.startswith("20")
    one = read_credentials(picture, stamped.root.decode())
    assert (one.state, one.stamp_trusted, one.stamped_at) == (State.TRUSTED, False, both.stamped_at)


def test_the_reference_reader_in_another_build_agrees(stamped: Stamped, tmp_path: Path) -> None:
    found = opinions(tmp_path / "signed", stamped.root + stamped.stamp_root, stamped.pictures)
    said = {key: opinion.good for key, opinion in found.items() if key[0] in (SLUICE, WASM)}
    assert said == {(reader, file): True for reader in (SLUICE, WASM) for file in stamped.pictures}


def test_the_independent_reader_cannot_read_them_yet(stamped: Stamped, tmp_path: Path) -> None:
    """c2pa-ts 0.9.4 takes a token for a whole reply of RFC 3161. Its next release should not; then this goes."""
    found = opinions(tmp_path / "signed", stamped.root, {"stamped.jpg": stamped.pictures["stamped.jpg"]})
    assert found[TS, "stamped.jpg"].codes == ("unreadable",)
