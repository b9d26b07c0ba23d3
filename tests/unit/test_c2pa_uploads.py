"""What became of the credentials of an edit's uploads."""

from pathlib import Path

import pytest

from c2pa_signer import uploads as module
from c2pa_signer.asset import NOT_CARRIED
from c2pa_signer.manifest import Plan
from c2pa_signer.settings import Uploads
from c2pa_signer.sign import Signed, Signer
from sluice.errors import RetryableError, TerminalError
from sluice.objects import ObjectStore
from sluice.provenance import State
from sluice.v1.asset_pb2 import (
    CREDENTIAL_STATE_INVALID,
    CREDENTIAL_STATE_NONE,
    CREDENTIAL_STATE_UNREAD,
    CREDENTIAL_STATE_VALID,
    SignedAsset,
)
from sluice.v1.request_pb2 import ObjectReference
from tests.unit.signer_records import Stand, stand
from tests.unit.signing import check, picture, signer, upload


async def credentialed(here: Stand, form: str = "JPEG") -> bytes:
    """An upload that some signer signed."""
    _, data = await here.sign(upload(form))
    return data


def states(asset: SignedAsset) -> list[tuple[int, bool]]:
    return [(each.credentials, each.carried) for each in asset.ingredients]


async def test_uploads_are_told_in_their_order_with_what_their_credentials_are_worth(tmp_path: Path) -> None:
    here = stand(tmp_path)
    whole = await credentialed(here)
    handed_in = [upload(), whole, whole + b"more"]
    references = [await here.keep(data) for data in handed_in]
    asset, out = await here.sign(picture(), references)
    assert states(asset) == [
        (CREDENTIAL_STATE_NONE, False),
        (CREDENTIAL_STATE_VALID, True),
        (CREDENTIAL_STATE_INVALID, False),
    ]
    assert [each.sha256 for each in asset.ingredients] == [reference.sha256 for reference in references]
    assert [list(each.failures) for each in asset.ingredients] == [[], [], ["assertion.dataHash.mismatch"]]
    found = check(out)
    assert found.state is State.TRUSTED
    named = {data["dc:title"]: data for label, data in found.assertions.items() if "ingredient" in label}
    assert [name for name, data in named.items() if "activeManifest" in data] == ["upload 2"]
    assert {name: data["relationship"] for name, data in named.items()} == {
        "upload 1": "parentOf",
        "upload 2": "componentOf",
        "upload 3": "componentOf",
    }


async def test_a_picture_that_was_made_of_nothing_names_nothing(tmp_path: Path) -> None:
    asset, _ = await stand(tmp_path).sign(picture())
    assert list(asset.ingredients) == []


async def test_credentials_of_the_generator_are_told_too(tmp_path: Path) -> None:
    here = stand(tmp_path)
    whole = await credentialed(here)
    asset, _ = await here.sign(whole)
    assert states(asset) == [(CREDENTIAL_STATE_VALID, True)]
    asset, out = await here.sign(whole + b"more")
    assert states(asset) == [(CREDENTIAL_STATE_INVALID, False)]
    assert not any("ingredient" in label for label in check(out).assertions)


async def test_an_upload_that_is_gone_is_named_and_keeps_nothing_from_being_signed(tmp_path: Path) -> None:
    here = stand(tmp_path)
    gone = ObjectReference(
        uri=here.store.uri("originals/ab/abcd"), sha256=b"g" * 32, size_bytes=9, media_type="image/png"
    )
    elsewhere = ObjectReference(uri="https://example.org/x.png", sha256=b"e" * 32, size_bytes=9)
    asset, out = await here.sign(picture(), [gone, elsewhere])
    assert states(asset) == [(CREDENTIAL_STATE_UNREAD, False)] * 2
    assert [list(each.failures) for each in asset.ingredients] == [[module.GONE], [module.GONE]]
    assert check(out).state is State.TRUSTED


async def test_what_is_too_large_together_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = stand(tmp_path)
    whole = await credentialed(here)
    reference = await here.keep(whole)
    monkeypatch.setattr(module, "MOST_BYTES", len(whole) + 10)
    asset, _ = await here.sign(picture(), [reference, reference])
    assert states(asset) == [(CREDENTIAL_STATE_VALID, True), (CREDENTIAL_STATE_UNREAD, False)]
    assert list(asset.ingredients[1].failures) == [module.TOO_LARGE]


async def test_a_file_that_is_no_picture_any_more_is_named(tmp_path: Path) -> None:
    here = stand(tmp_path)
    asset, _ = await here.sign(picture(), [await here.keep(b"no picture")])
    assert list(asset.ingredients[0].failures) == [module.UNKNOWN_TYPE]


class Away(ObjectStore):
    """A store that does not answer."""

    def get_now(self, reference: ObjectReference, limit: int) -> bytes:
        raise RetryableError("object store: away")


async def test_a_store_that_is_away_is_asked_again(tmp_path: Path) -> None:
    here = stand(tmp_path)
    reference = await here.keep(upload())
    record = await here.approve(picture(), [reference])
    here.records._store = Away(here.store.url, here.store._store)
    with pytest.raises(RetryableError, match="away"):
        await here.records.handle(record)


class Choosy(Signer):
    """A signer whose work does not verify with credentials of strangers in it."""

    def sign(self, picture: bytes, media_type: str, plan: Plan) -> Signed:
        if any(ingredient.data is not None for _, ingredient in plan.ingredients):
            raise TerminalError("not signed: read back, its credentials are invalid")
        return super().sign(picture, media_type, plan)


async def test_what_a_stranger_handed_in_never_keeps_a_picture_from_leaving(tmp_path: Path) -> None:
    here = stand(tmp_path)
    whole = await credentialed(here)
    signer(tmp_path)
    choosy = stand(tmp_path, Choosy.open(tmp_path))
    asset, out = await choosy.sign(picture(), [await choosy.keep(upload()), await choosy.keep(whole)])
    assert states(asset) == [(CREDENTIAL_STATE_NONE, False), (CREDENTIAL_STATE_VALID, False)]
    assert list(asset.ingredients[1].failures) == [NOT_CARRIED]
    assert check(out).state is State.TRUSTED


async def test_uploads_are_named_and_no_more_where_the_operator_says_so(tmp_path: Path) -> None:
    here = stand(tmp_path, uploads=Uploads.NAME)
    whole = await credentialed(here)
    label = check(whole, "image/jpeg").label
    asset, out = await here.sign(picture(), [await here.keep(whole), await here.keep(whole + b"more")])
    assert states(asset) == [(CREDENTIAL_STATE_VALID, False), (CREDENTIAL_STATE_INVALID, False)]
    assert list(asset.ingredients[0].failures) == [module.NAMED]
    assert label
    assert label.encode() not in out
    assert check(out).state is State.TRUSTED
