"""No byte of a signed picture can be changed unnoticed, but for such as say nothing."""

from pathlib import Path

import pytest

from c2pa_signer.asset import sign_asset
from sluice.c2pa_sdk import Sdk
from tests.tamper.sweep import sweep
from tests.tamper.victim import new_signer, pictures
from tests.unit.signing import FACTS

FTYP = range(28)
"""Of an AVIF or HEIC picture: the box that tells what kind of file it is. The specification leaves it out."""


@pytest.mark.parametrize(("media_type", "left_out"), [("image/png", range(0)), ("image/heic", FTYP)])
def test_what_goes_unnoticed_is_within_the_manifest_and_tells_nothing(
    tmp_path: Path, media_type: str, left_out: range
) -> None:
    signer, root = new_signer(tmp_path)
    signed = sign_asset(signer, FACTS, pictures(media_type)[0]).data
    found = sweep(Sdk(root.decode()), signed, media_type, stride=13)
    assert found.states["invalid"] > 2 * found.states["trusted"]
    assert set(found.outside) <= set(left_out)
    assert found.retold == ()
