"""What an edit was made from: its uploads are read from the object store and their credentials looked at."""

from collections.abc import Sequence
from dataclasses import replace

from c2pa_signer.asset import look
from c2pa_signer.manifest import Ingredient, Part
from c2pa_signer.screen import MOST_FAILURES, Screened
from c2pa_signer.settings import Uploads
from sluice.errors import RetryableError, SluiceError
from sluice.media import sniff
from sluice.objects import ObjectStore, TooLargeError
from sluice.provenance import State
from sluice.v1.asset_pb2 import (
    CREDENTIAL_STATE_INVALID,
    CREDENTIAL_STATE_NONE,
    CREDENTIAL_STATE_UNREAD,
    CREDENTIAL_STATE_VALID,
    CredentialState,
    SignedIngredient,
)
from sluice.v1.request_pb2 import ObjectReference

MOST_BYTES = 64 << 20
"""Of one picture that is read, and of all uploads of a request whose credentials are carried on."""

TOO_LARGE = "sluice.tooLarge"
GONE = "sluice.gone"
"""The object store has it no more, or other bytes in its place."""
UNKNOWN_TYPE = "sluice.unknownType"
NAMED = "sluice.named"
"""Whole, but credentials of uploads are not carried on here (SLUICE_C2PA_UPLOADS)."""

_STATES: dict[State | None, "CredentialState.ValueType"] = {
    None: CREDENTIAL_STATE_UNREAD,
    State.NONE: CREDENTIAL_STATE_NONE,
    State.INVALID: CREDENTIAL_STATE_INVALID,
    State.VALID: CREDENTIAL_STATE_VALID,
}


def read_uploads(
    store: ObjectStore, references: Sequence[ObjectReference], rule: Uploads = Uploads.CARRY
) -> list[Ingredient]:
    """The uploads in their order, looked at one after another: one is in memory at a time, and those beside it whose
    credentials are carried on. One that cannot be read is named, and keeps nothing from being signed.

    Blocks: for the store, and for the child that looks. Raises RetryableError.
    """
    found: list[Ingredient] = []
    room = MOST_BYTES
    for reference in references:
        upload = _looked(store, reference, room)
        if upload.data is not None and rule is Uploads.NAME:
            upload = replace(upload, data=None, screened=Screened(State.VALID, (NAMED,)))
        room -= len(upload.data or b"")
        found.append(upload)
    return found


def told(ingredient: Ingredient) -> SignedIngredient:
    """An ingredient as the log tells of it."""
    screened = ingredient.screened or Screened(None)
    return SignedIngredient(
        sha256=ingredient.sha256,
        credentials=_STATES[screened.state],
        failures=screened.failures[:MOST_FAILURES],
        carried=ingredient.data is not None,
    )


def _looked(store: ObjectStore, reference: ObjectReference, room: int) -> Ingredient:
    upload = Ingredient(Part.UPLOAD, reference.media_type, sha256=reference.sha256)
    try:
        data = store.get_now(reference, room)
    except RetryableError:
        raise
    except SluiceError as error:
        return _unread(upload, TOO_LARGE if isinstance(error, TooLargeError) else GONE)
    media_type = sniff(data)
    if media_type is None:
        return _unread(upload, UNKNOWN_TYPE)
    return look(Ingredient(Part.UPLOAD, media_type, data, reference.sha256))


def _unread(upload: Ingredient, why: str) -> Ingredient:
    return Ingredient(upload.part, upload.media_type, None, upload.sha256, Screened(None, (why,)))
