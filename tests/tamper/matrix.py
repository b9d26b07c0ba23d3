"""Every kind of falsification, in every format, to every reader."""

from pathlib import Path

from sluice.media import EXTENSIONS
from tests.tamper.kinds import KINDS
from tests.tamper.readers import Opinions, opinions
from tests.tamper.victim import new_signer, victims

WHOLE = "untouched"
UNKNOWN = "another root"
"""The row of pictures that nobody touched, read with a root that is not their signer's."""


def matrix(folder: Path) -> Opinions:
    """(reader, `KIND.EXTENSION`) -> opinion. Takes some 20 s."""
    signer, root = new_signer(folder / "certs")
    _, other_root = new_signer(folder / "other")
    all_victims = victims(signer)
    files = {f"{WHOLE}.{EXTENSIONS[each.media_type]}": each.signed for each in all_victims}
    strangers = {f"{UNKNOWN}.{EXTENSIONS[each.media_type]}": each.signed for each in all_victims}
    false = {
        f"{name}.{EXTENSIONS[each.media_type]}": falsify(each)
        for name, falsify in KINDS.items()
        for each in all_victims
    }
    return {
        **opinions(folder / "known", root, {**files, **false}),
        **opinions(folder / "unknown", other_root, strangers),
    }
