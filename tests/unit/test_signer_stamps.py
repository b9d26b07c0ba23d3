"""Timestamps: a picture stays valid when its certificate ends, and no single authority is relied on."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from c2pa_signer.keyring import Keyring, Place
from c2pa_signer.manifest import Ingredient, Part, plan
from c2pa_signer.sign import Signed, Signer
from c2pa_signer.stamps import Down, Stamps
from c2pa_signer.stamps_door import StampDoor
from sluice.c2pa_sdk import Sdk
from sluice.errors import NotReadyError, RetryableError, TerminalError
from sluice.provenance import State, verify, verify_with
from sluice.remote.http import Http
from tests.unit.signing import FACTS, picture
from tests.unit.signing_authority import House, install, key_pem, new_key, pem
from tests.unit.stamp_authority import Authority, stamping

JPEG = "image/jpeg"


class Office:
    """A signer with its authorities."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.house = House()
        self.anchors = b""
        self.now = 0.0

    def authorities(self, *manners: str) -> list[Authority]:
        return [self.stack.enter_context(stamping(Authority(manner=manner))) for manner in manners]

    def signer(
        self,
        authorities: list[Authority],
        down: Down = Down.HOLD,
        lasts: dt.timedelta = dt.timedelta(days=1),
        trusted: bool = True,
        algorithm: str = "es256",
        seconds: float = 30.0,
    ) -> Signer:
        """`seconds`: how long it waits for an authority."""
        key = new_key(algorithm)
        chain = self.house.chain(self.house.leaf(key.public_key(), begins=_ago(), lasts=_MINUTE + lasts))
        roots = [authority.house.root for authority in authorities] if trusted else []
        self.anchors = pem(self.house.root, *roots)
        install(self.folder, chain, self.anchors, key_pem=key_pem(key))
        self.stamps = Stamps([each.url for each in authorities], seconds=seconds, clock=lambda: self.now)
        door = StampDoor(self.stamps)
        self.stack.callback(self.stamps.close)
        self.stack.callback(door.close)
        return Signer(Keyring(Place(self.folder, stamp_url=door.url)), stamps=self.stamps, down=down)

    def sign(self, signer: Signer) -> Signed:
        return signer.sign(picture(), JPEG, plan(FACTS, JPEG))

    def state(self, signed: Signed) -> State:
        return verify(signed.data, JPEG, self.anchors.decode()).state

    def codes(self, signed: Signed) -> set[str]:
        found: Any = Sdk(self.anchors.decode()).read(signed.data, JPEG)
        return {entry["code"] for entry in found[0]["validation_results"]["activeManifest"]["success"]}


_MINUTE = dt.timedelta(minutes=1)


def _ago() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - _MINUTE


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        yield Office(tmp_path, stack)


@pytest.mark.parametrize("algorithm", ["es256", "ed25519"])
def test_a_timestamp_is_real_and_read_back(office: Office, algorithm: str) -> None:
    (authority,) = office.authorities("grants")
    signed = office.sign(office.signer([authority], algorithm=algorithm))
    assert signed.stamped
    assert office.codes(signed) >= {"timeStamp.validated", "timeStamp.trusted"}
    assert authority.asked == 1


def test_a_stamped_picture_stays_valid_when_its_certificate_ends_and_another_does_not(office: Office) -> None:
    (authority,) = office.authorities("grants")
    short = office.signer([authority], lasts=dt.timedelta(seconds=15))
    stamped = office.sign(short)
    anchors, plain = office.anchors, Signer.open(office.folder)
    unstamped = office.sign(plain)
    assert office.state(unstamped) is State.TRUSTED
    time.sleep(max(0.0, (short.expires - dt.datetime.now(dt.UTC)).total_seconds() + 1.5))
    office.anchors = anchors
    assert (office.state(stamped), office.state(unstamped)) == (State.TRUSTED, State.INVALID)


@pytest.mark.parametrize("manner", ["rejects", "errs", "hangs"])
def test_the_next_authority_is_asked_where_one_fails(office: Office, manner: str) -> None:
    bad, good = office.authorities(manner, "grants")
    signer = office.signer([bad, good], seconds=3.0)
    assert office.sign(signer).stamped
    assert office.sign(signer).stamped
    assert (bad.asked, good.asked) == (2, 2)
    assert office.sign(signer).stamped
    # Twice was enough.
    assert (bad.asked, good.asked) == (2, 3)
    assert signer.trouble == ""


def test_a_token_for_something_else_is_none(office: Office) -> None:
    canned, good = office.authorities("repeats", "grants")
    signer = office.signer([canned, good])
    assert office.sign(signer).stamped
    assert office.sign(signer).stamped
    assert (canned.asked, good.asked) == (2, 1)


def test_an_authority_that_is_back_is_used_again_after_its_rest(office: Office) -> None:
    first, second = office.authorities("errs", "grants")
    signer = office.signer([first, second])
    for _ in range(3):
        office.sign(signer)
    assert first.asked == 2
    first.manner = "grants"
    office.now = 31.0
    assert office.sign(signer).stamped
    assert (first.asked, second.asked) == (3, 3)


def test_hold_keeps_pictures_back_while_no_authority_answers(office: Office) -> None:
    (authority,) = office.authorities("errs")
    signer = office.signer([authority])
    for _ in range(3):
        with pytest.raises(RetryableError, match="no timestamp authority answers; the picture waits"):
            office.sign(signer)
    assert authority.asked == 2
    assert "no timestamp authority" in signer.trouble
    authority.manner = "grants"
    office.now = 31.0
    assert office.sign(signer).stamped
    assert signer.trouble == ""


def test_unstamped_lets_pictures_leave_and_counts_them(office: Office) -> None:
    (authority,) = office.authorities("errs")
    signer = office.signer([authority], Down.UNSTAMPED)
    for number in range(1, 4):
        signed = office.sign(signer)
        assert (signed.stamped, office.state(signed)) == (False, State.TRUSTED)
        assert signer.unstamped == number
    assert authority.asked == 2
    assert "no timestamp authority" in signer.trouble
    authority.manner = "grants"
    office.now = 31.0
    assert office.sign(signer).stamped
    assert (signer.trouble, signer.unstamped) == ("", 3)


@pytest.mark.parametrize("down", list(Down))
def test_a_picture_that_cannot_be_signed_is_not_the_authorities_fault(office: Office, down: Down) -> None:
    (authority,) = office.authorities("grants")
    signer = office.signer([authority], down)
    broken = picture()[:200]
    with pytest.raises(TerminalError, match="not signed"):
        signer.sign(broken, JPEG, plan(FACTS, JPEG))
    assert signer.trouble == ""
    assert office.sign(signer).stamped


def test_a_stamp_whose_authority_verifiers_do_not_know_is_worth_nothing(office: Office) -> None:
    (authority,) = office.authorities("grants")
    signer = office.signer([authority], trusted=False)
    with pytest.raises(RetryableError, match=r"is its authority's root in root\.pem"):
        office.sign(signer)


def test_one_call_looks_whether_an_authority_is_back(office: Office) -> None:
    (authority,) = office.authorities("errs")
    office.signer([authority])
    query = b"\x30\x24\x04\x20" + b"q" * 32
    for _ in range(2):
        with pytest.raises(RetryableError):
            office.stamps.ask(query)
    assert not office.stamps.available()
    office.now = 31.0
    assert office.stamps.available()
    authority.manner = "hangs"

    def ask() -> None:
        with pytest.raises(RetryableError):
            office.stamps.ask(query)

    first = threading.Thread(target=ask)
    first.start()
    while authority.asked < 3:
        time.sleep(0.01)
    with pytest.raises(RetryableError):
        office.stamps.ask(query)
    assert (authority.asked, office.stamps.available()) == (3, False)
    authority.gone.set()
    first.join()
    assert office.stamps.troubles() == {"127.0.0.1": "timestamp authority 127.0.0.1: no answer: RemoteProtocolError"}


def test_the_door_hears_only_who_knows_the_path(office: Office) -> None:
    (authority,) = office.authorities("grants")
    office.signer([authority])
    door = StampDoor(office.stamps)
    http = Http(door.url, "the door", 5.0)
    assert http.ask("POST", door.url.rpartition("/")[0] + "/other", {}, b"query").status == 404
    assert http.ask("POST", door.url, {}, b"q" * 5000).status == 404
    assert http.ask("GET", door.url).status == 501
    assert authority.asked == 0
    http.close()
    door.close()


def test_whoever_hangs_up_at_the_door_is_no_news(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    door = StampDoor(Stamps([]))
    office.stack.callback(door.close)
    door._server.handle_error(None, ("127.0.0.1", 1))
    assert capfd.readouterr().err == ""


def test_the_house_of_a_timestamp_authority_signs_no_pictures_in_our_name(office: Office) -> None:
    """Such a house may give certificates for e-mail to anybody, who could then sign as if it were us."""
    (authority,) = office.authorities("grants")
    ours = office.sign(office.signer([authority])).data
    signers, stamps = pem(office.house.root).decode(), pem(authority.house.root).decode()
    key = new_key("es256")
    chain = authority.house.chain(authority.house.leaf(key.public_key()))
    stranger = Signer.open(install(office.folder / "stranger", chain, stamps.encode(), key_pem=key_pem(key)))
    forged = stranger.sign(picture(), JPEG, plan(FACTS, JPEG)).data
    # Also where it was made of a picture of ours.
    upload = Ingredient(Part.UPLOAD, JPEG, ours)
    forged_edit = stranger.sign(picture(), JPEG, plan(replace(FACTS, edit=True), JPEG, [upload])).data
    assert verify_with(Sdk(signers + stamps), forged, JPEG).state is State.TRUSTED
    sdk = Sdk(signers, stamps)
    for data in (forged, forged_edit):
        found = verify_with(sdk, data, JPEG)
        assert (found.state, found.failures) == (State.VALID, ("signingCredential.untrusted",))
    assert verify_with(sdk, ours, JPEG).state is State.TRUSTED
    edit = Signer.open(office.folder).sign(
        picture(), JPEG, plan(replace(FACTS, edit=True), JPEG, [replace(upload, data=forged)])
    )
    assert verify_with(sdk, edit.data, JPEG).state is State.TRUSTED


def test_roots_of_authorities_have_a_file_of_their_own(office: Office) -> None:
    (authority,) = office.authorities("grants")
    office.signer([authority], trusted=False)
    (office.folder / "stamp-roots.pem").write_bytes(pem(authority.house.root))
    door = StampDoor(office.stamps)
    office.stack.callback(door.close)
    signer = Signer(Keyring(Place(office.folder, stamp_url=door.url)), stamps=office.stamps)
    assert office.sign(signer).stamped
    (office.folder / "stamp-roots.pem").write_bytes(pem(authority.house.root, office.house.root))
    for _ in range(8):
        # In both it counts as one of the signers'; the library says now this, now that.
        assert Signer(Keyring(Place(office.folder))).serial == signer.serial
    (office.folder / "root.pem").write_bytes(pem(office.house.issuing))
    with pytest.raises(NotReadyError, match=r"stamp-roots\.pem issued one in root\.pem"):
        Keyring(Place(office.folder))
    (office.folder / "stamp-roots.pem").write_bytes(b"")
    with pytest.raises(NotReadyError, match=r"stamp-roots\.pem cannot be read"):
        Keyring(Place(office.folder))


def test_a_certificate_that_ends_while_it_signs_is_not_the_pictures_fault(office: Office) -> None:
    """Else the picture would be a dead letter, instead of waiting for the next chain."""
    key = new_key("es256")
    leaf = office.house.leaf(key.public_key(), begins=_ago(), lasts=_MINUTE + dt.timedelta(seconds=8))
    install(office.folder, office.house.chain(leaf), pem(office.house.root), key_pem=key_pem(key))
    ring = Keyring(Place(office.folder))
    time.sleep(max(0.0, (leaf.not_valid_after_utc - dt.datetime.now(dt.UTC)).total_seconds() + 1.5))
    looks = iter([_ago()])
    signer = Signer(ring, clock=lambda: next(looks, dt.datetime.now(dt.UTC)))
    with pytest.raises(NotReadyError, match="expired"):
        office.sign(signer)
