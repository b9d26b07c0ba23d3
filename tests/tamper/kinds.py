"""All ways to falsify a picture, by name."""

from collections.abc import Callable, Mapping

from tests.tamper import ends, graft, metadata, pixel, statements
from tests.tamper.victim import Victim

KINDS: Mapping[str, Callable[[Victim], bytes]] = {
    "pixel": pixel.change,
    "metadata": metadata.insert,
    "graft": graft.move,
    "truncated": ends.cut,
    "appended": ends.append,
    "assertion": statements.assertion,
    "claim": statements.claim,
    "signature": statements.signature,
    "ingredient": statements.ingredient,
}
"""Name, as the table and the tests have it -> what makes the false picture."""
