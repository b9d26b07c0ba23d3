"""Signs an approved picture, with what it was made from."""

from collections.abc import Sequence
from dataclasses import replace

from c2pa_signer.manifest import Facts, Ingredient, Part, plan
from c2pa_signer.screen import screen
from c2pa_signer.sign import Signed, Signer
from sluice.errors import TerminalError
from sluice.media import sniff
from sluice.provenance import State


def sign_asset(signer: Signer, facts: Facts, picture: bytes, uploads: Sequence[Ingredient] = ()) -> Signed:
    """Signs the picture; call it in a thread. `uploads`, for an edit, in the order of the request: with their bytes
    where their credentials should be carried on, else they are only named.

    Credentials that a picture brings along become an ingredient where they are whole, whoever signed them, and are
    dropped where they are not; left alone, signing would replace them in silence. They are read in a child process
    first. Raises what `Signer.sign` raises, RetryableError, and ValueError for uploads that nothing edited.
    """
    media_type = sniff(picture)
    if media_type is None:
        raise TerminalError("not signed: no known type of picture")
    ingredients = [_screened(upload) for upload in uploads]
    source = _screened(Ingredient(Part.SOURCE, media_type, picture))
    if source.data is not None:
        ingredients.append(source)
    return signer.sign(picture, media_type, plan(facts, media_type, ingredients))


def _screened(ingredient: Ingredient) -> Ingredient:
    """The same ingredient, without its bytes unless their credentials are worth carrying on."""
    if ingredient.data is None or screen(ingredient.data, ingredient.media_type) is State.VALID:
        return ingredient
    return replace(ingredient, data=None)
