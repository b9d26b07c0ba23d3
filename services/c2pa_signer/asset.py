"""Signs an approved picture, with what it was made from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from c2pa_signer.manifest import Facts, Ingredient, Part, plan
from c2pa_signer.screen import NOTHING, Screened, screen
from c2pa_signer.sign import Signed, Signer
from sluice.errors import TerminalError
from sluice.media import sniff

NOT_CARRIED = "sluice.notCarried"
"""Whole by themselves, but a picture that carried them did not verify."""


@dataclass(frozen=True, slots=True)
class Made:
    """A signed picture, and what it was made from: the uploads in their order, then its own former self where that
    had credentials. All of them have been looked at."""

    signed: Signed
    ingredients: tuple[Ingredient, ...]


def sign_asset(signer: Signer, facts: Facts, picture: bytes, uploads: Sequence[Ingredient] = ()) -> Signed:
    """`make_asset`, for callers that ask for the picture alone."""
    return make_asset(signer, facts, picture, uploads).signed


def make_asset(signer: Signer, facts: Facts, picture: bytes, uploads: Sequence[Ingredient] = ()) -> Made:
    """Signs the picture; call it in a thread. `uploads`, for an edit, in the order of the request: with their bytes
    where nobody has looked at their credentials yet.

    Credentials that a picture brings along become an ingredient where they are whole, whoever signed them, and are
    dropped where they are not; left alone, signing would replace them in silence. They are read in a child process
    first. Where a picture does not verify with them, it is signed without: what a stranger handed in never keeps an
    allowed picture from leaving. Raises what `Signer.sign` raises, RetryableError, and ValueError for uploads that
    nothing edited.
    """
    media_type = sniff(picture)
    if media_type is None:
        raise TerminalError("not signed: no known type of picture")
    ingredients = [look(upload) for upload in uploads]
    source = look(Ingredient(Part.SOURCE, media_type, picture))
    if source.screened != NOTHING:
        ingredients.append(source)
    try:
        return Made(_signed(signer, facts, picture, media_type, ingredients), tuple(ingredients))
    except TerminalError:
        named = [_named(each) for each in ingredients]
        if named == ingredients:
            raise
        return Made(_signed(signer, facts, picture, media_type, named), tuple(named))


def look(ingredient: Ingredient) -> Ingredient:
    """The same ingredient with what its credentials are worth, and without its bytes unless they are carried on.

    Raises RetryableError.
    """
    data = ingredient.data
    if ingredient.screened is not None:
        return ingredient
    if data is None:
        return replace(ingredient, screened=NOTHING)
    found = screen(data, ingredient.media_type)
    # A picture that brought nothing is not told of: there is no need to digest it.
    unknown = found != NOTHING and not ingredient.sha256
    sha256 = hashlib.sha256(data).digest() if unknown else ingredient.sha256
    return replace(ingredient, screened=found, sha256=sha256, data=data if found.carried else None)


def _signed(
    signer: Signer, facts: Facts, picture: bytes, media_type: str, ingredients: Sequence[Ingredient]
) -> Signed:
    # A former self whose credentials are not carried is not an ingredient: the picture was not made from another.
    said = [each for each in ingredients if each.part is Part.UPLOAD or each.data is not None]
    return signer.sign(picture, media_type, plan(facts, media_type, said))


def _named(ingredient: Ingredient) -> Ingredient:
    if ingredient.data is None or ingredient.screened is None:
        return ingredient
    return replace(ingredient, data=None, screened=Screened(ingredient.screened.state, (NOT_CARRIED,)))
