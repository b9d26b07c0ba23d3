"""One bit of every byte of a file in turn: what goes unnoticed, and whether it matters.

python -m tests.tamper.sweep image/jpeg image/avif
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from c2pa_signer.asset import sign_asset
from sluice.c2pa_sdk import Sdk
from sluice.credentials.report import Report, report_of
from sluice.provenance import State, judge, verify_with
from tests.tamper.bytewise import flipped
from tests.tamper.place import place
from tests.tamper.victim import new_signer, pictures
from tests.unit.signing import FACTS


@dataclass(frozen=True, slots=True)
class Sweep:
    """`states`: how often each came out. `outside`: where a changed byte that is no part of the manifest went
    unnoticed. `retold`: where one did and something else was told."""

    states: Mapping[str, int]
    outside: tuple[int, ...]
    retold: tuple[int, ...]


def sweep(sdk: Sdk, signed: bytes, media_type: str, stride: int = 1) -> Sweep:
    """Takes some 3 ms for each byte."""
    told = _told(sdk, signed, media_type)
    manifest = place(signed, media_type)
    states: Counter[str] = Counter()
    outside, retold = [], []
    for at in range(0, len(signed), stride):
        data = flipped(signed, at)
        state = verify_with(sdk, data, media_type).state
        states[state] += 1
        if state is not State.TRUSTED:
            continue
        if not manifest.start <= at < manifest.stop:
            outside.append(at)
        if _told(sdk, data, media_type) != told:
            retold.append(at)
    return Sweep(dict(states), tuple(outside), tuple(retold))


def _told(sdk: Sdk, data: bytes, media_type: str) -> Report:
    found = sdk.read(data, media_type)
    if found is None:
        raise ValueError("no manifest")
    return report_of(judge(*found), *found)


def main() -> None:
    """One line for each format named."""
    with tempfile.TemporaryDirectory() as folder:
        signer, root = new_signer(Path(folder))
        for media_type in sys.argv[1:]:
            signed = sign_asset(signer, FACTS, pictures(media_type)[0]).data
            print(media_type, len(signed), "bytes", sweep(Sdk(root.decode()), signed, media_type))


if __name__ == "__main__":
    main()
