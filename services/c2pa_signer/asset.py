"""Signs an approved picture, with what it was made from."""

from collections.abc import Sequence

from c2pa_signer.manifest import Facts, Ingredient, Part, plan
from c2pa_signer.screen import screen
from c2pa_signer.sign import Signed, Signer
from sluice.errors import TerminalError
from sluice.media import sniff
from sluice.provenance import State


def sign_asset(signer: Signer, facts: Facts, picture: bytes, uploads: Sequence[bytes] = ()) -> Signed:
    """Signs the picture; call it in a thread. `uploads`, for an edit, in the order of the request.

    Credentials that a picture brings along are carried on as an ingredient where they are whole, whoever signed
    them, and dropped where they are not: signing would otherwise replace them in silence. Raises what `Signer.sign`
    raises, and RetryableError.
    """
    media_type = sniff(picture)
    if media_type is None:
        raise TerminalError("not signed: no known type of picture")
    ingredients = [_ingredient(Part.UPLOAD, upload) for upload in uploads]
    source = _ingredient(Part.SOURCE, picture)
    if source.data is not None:
        ingredients.append(source)
    return signer.sign(picture, media_type, plan(facts, media_type, ingredients))


def _ingredient(part: Part, data: bytes) -> Ingredient:
    media_type = sniff(data)
    if media_type is None:
        raise TerminalError(f"not signed: the {part} is no known type of picture")
    whole = screen(data, media_type) is State.VALID
    return Ingredient(part, media_type, data if whole else None)
